"""What Ledgerdesk runs on: one stack per environment, made from context and the models.

The modules `context`, `product`, `access` and `signals` are plain values and need no CDK library, so that the
product's own tests can hold them against the product.
"""
