"""Kafka, over which the ledger's feed may be distributed: where the brokers are, and what a record holds."""

from infra.kafka.cloudevents import Relayed, from_record, to_record
from infra.kafka.cluster import KafkaCluster

__all__ = ["KafkaCluster", "Relayed", "from_record", "to_record"]
