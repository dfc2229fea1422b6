"""Rules that rebuild a tensor from components; a file names them by the names of the files here.

Each file holds `rebuild(form, components, base)`, beside its inverse `components(...)` where there is just one way to
take a tensor apart, and `BASE`: whether the rule needs the tensor of a base model (`surp.tensors.forms`).
"""
