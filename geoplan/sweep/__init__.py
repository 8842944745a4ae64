"""Many runs of one scenario: in process, on processes, on a Dask cluster."""
