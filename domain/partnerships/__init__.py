"""Partnerships: the convention a town and an insurer sign, what each promised, its amendments, its end, its papers.

| command | event | refusal |
|---|---|---|
| declare | convention.declared | communes-wrong, out-of-range, dates-inverted, term-too-long, commitment-repeated |
| | | commitment-unknown |
| confirm | convention.confirmed | proof-missing, convention-refused |
| decline | convention.refused | already-confirmed, reason-missing |
| correct_declaration | convention.corrected | already-confirmed, reason-missing, correction-unknown, out-of-range |
| | | dates-inverted, term-too-long, commitment-repeated, commitment-unknown |
| declare_amendment | amendment.declared | convention-not-confirmed, convention-over, amendment-known |
| | | amendment-pending, reason-missing, correction-unknown, start-moved, amendment-outside |
| | | out-of-range, dates-inverted, term-too-long, commitment-repeated, commitment-unknown |
| confirm_amendment | amendment.confirmed | convention-not-confirmed, convention-over, amendment-unknown |
| | | amendment-decided, proof-missing |
| refuse_amendment | amendment.refused | convention-not-confirmed, convention-over, amendment-unknown |
| | | amendment-decided, reason-missing |
| give_notice | convention.notice_given | convention-not-confirmed, convention-over, notice-standing, given-later |
| | | notice-outside, reason-missing, case-elsewhere, explanation-awaited, document-unknown |
| withdraw_notice | convention.notice_withdrawn | convention-not-confirmed, convention-over, no-notice |
| | | notice-of-other, notice-in-effect, reason-missing |
| reach_end | convention.ended | |
| file | document.filed | document-type, document-empty, document-too-large, document-unknown |
"""
