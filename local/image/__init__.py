"""`make image-check`: the container image linted, really built and really run, without a Docker daemon."""
