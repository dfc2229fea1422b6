"""Tensors and the files that hold them.

dtypes            the types of tensors, bfloat16 and float8 among them
state             a model as a dictionary of arrays, and which of them are pruned
layout            a model as one vector, and back
levels, kept      what a quantizer makes: integers with maps to values, or numbers of another type
levels_file       the file of what a quantizer made
safetensors_file  the one reader and the one writer of safetensors
checkpoints       checkpoints of others: safetensors, `.pt`, masks of pruning tools
torch_tensors     tensors of torch, and back
"""
