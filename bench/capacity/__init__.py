"""What Ledgerdesk needs and costs at 1,000 to 100,000 people, from measured figures and dated inputs."""
