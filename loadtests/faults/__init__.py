"""What happens to acknowledged writes when a part of the installation dies under load: nothing.
`python -m loadtests.faults` strikes each fault many times, repeatable by seed, and writes `docs/faults.md`."""
