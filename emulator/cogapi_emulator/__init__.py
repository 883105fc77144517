"""A local AWS for cogapi: ministack, started in-process with corrections.

What ministack does well stays ministack's. Each correction is one place where it differs from
AWS in a way that would hide a bug of ours; it names the AWS fact it restores and has a test.
"""
