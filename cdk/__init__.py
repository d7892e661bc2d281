"""What Ledgerdesk runs on: one stack per environment, built from the context and the models.

The modules `context`, `product`, `task_permissions` and `signals` are plain values and need no CDK library, so that the
product's own tests can compare them with the product.
"""
