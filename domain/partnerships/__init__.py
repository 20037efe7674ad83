"""Partnerships: the convention a town and an insurer sign, and what each promised in it.

| command | event | refusal |
|---|---|---|
| declare | convention.declared | out-of-range, dates-inverted, term-too-long, commitment-repeated, commitment-unknown |
| confirm | convention.confirmed | proof-missing |
"""
