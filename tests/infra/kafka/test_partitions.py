"""Where a commune's events lie: in the same partition for ever."""

from infra.feed import PARTITIONS, partition_of

GOLDEN = {
    "platform": 11,
    "commune:01001": 21,
    "commune:13055": 50,
    "commune:18279": 52,
    "commune:2A004": 38,
    "commune:2B033": 40,
    "commune:31555": 50,
    "commune:33063": 36,
    "commune:38185": 41,
    "commune:44109": 34,
    "commune:59350": 0,
    "commune:67482": 7,
    "commune:69123": 3,
    "commune:75056": 52,
    "commune:94016": 52,
    "commune:95680": 31,
    "commune:97105": 22,
    "commune:97411": 37,
}


def test_there_are_64_partitions_for_ever() -> None:
    assert PARTITIONS == 64


def test_a_commune_stays_in_its_partition_for_ever() -> None:
    assert {tenant: partition_of(tenant) for tenant in GOLDEN} == GOLDEN


def test_communes_are_spread_evenly() -> None:
    counts = [0] * PARTITIONS
    for department in range(1, 96):
        for number in range(1, 366):
            counts[partition_of(f"commune:{department:02d}{number:03d}")] += 1
    mean = sum(counts) / PARTITIONS
    assert 0.95 * mean < min(counts) <= max(counts) < 1.05 * mean
