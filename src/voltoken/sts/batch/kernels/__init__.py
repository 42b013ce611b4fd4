"""The numpy kernels of the batch engine: whole columns through one step. Loaded when first needed."""
