"""Tariffs: the grids of an insurer in a town, and whether they keep what its convention promised.

| command | event | refusal |
|---|---|---|
| notify | grid.notified | cell-wrong, cells-overlap, convention-not-confirmed, corrects-unknown |
| | | decided-later, declared-rise-wrong, document-empty, document-too-large |
| | | document-type, document-unknown, grid-empty, grid-known, notified-later |
| | | out-of-range, prepared-incomplete |
| save_prepared | prepared_grid.saved | cell-wrong, cells-overlap, declared-rise-wrong, document-unknown, grid-empty |
| | | out-of-range, prepared-grid-discarded, town-repeated |
| discard_prepared | prepared_grid.discarded | |
| request_exemption | exemption.requested | commitment-not-promised, convention-not-confirmed, document-empty |
| | | document-too-large, document-type, document-unknown, exemption-known |
| | | exemption-wrong |
| grant_exemption | exemption.granted | case-elsewhere, commitment-not-promised, convention-not-confirmed |
| | | decided-later, document-unknown, exemption-decided, exemption-impossible |
| | | exemption-unknown, exemption-wider, exemption-wrong |
| refuse_exemption | exemption.refused | convention-not-confirmed, decided-later, exemption-decided, exemption-unknown |
| withdraw_exemption | exemption.withdrawn | convention-not-confirmed, exemption-decided, exemption-unknown |
| revoke_exemption | exemption.revoked | convention-not-confirmed, exemption-not-granted, exemption-unknown |
| | | revoked-earlier |
| deposit_reference | reference_grid.deposited | cell-wrong, cells-overlap, convention-not-confirmed, grid-empty |
| | | out-of-range, reference-known, source-missing |
| publish_index | index.published | index-known, out-of-range, published-later, source-missing |
| contest_index | index.contested | index-unknown |
| uphold_index | index.upheld | index-not-contested, index-unknown |
| apply_index | index.applied | |
| take_headcount | headcount.taken | cell-wrong, convention-not-confirmed, grid-empty, headcount-known |
| | | out-of-range, taken-later |
| detect | breach.detected | |
| say_otherwise | verdict.revised | |
| pronounce | tariff.judged | |
| open_for | case.opened | |
| follow_up | case.reopened, case.revised | |
| heal | case.corrected | |
| explain | case.explained | case-elsewhere, document-unknown |
| dispute | case.disputed | case-elsewhere, document-unknown |
| accept | case.accepted | case-elsewhere, commitment-not-promised, convention-not-confirmed |
| | | decided-later, document-unknown, exemption-decided, exemption-impossible |
| | | exemption-unknown, exemption-wider, exemption-wrong |
| send_formal_notice | case.formal_notice_sent | case-elsewhere, document-unknown, letter-not-pdf, sent-later |
| end_with | case.notice_given | case-elsewhere, convention-not-confirmed, convention-over |
| | | document-unknown, explanation-awaited, given-later, notice-outside |
| | | notice-standing, reason-missing |
| resume | case.reopened | convention-not-confirmed, convention-over, no-notice, notice-of-other |
| | | notice-in-effect, reason-missing |
| fall_silent | case.fell_due | |

`assess` is the check itself; it depends on nothing but its scenario.
"""
