"""What each operation costs, measured beside what it is compared with.
`python -m loadtests.benchmarks NAME` runs one; its dated results lie in this folder."""
