"""Finding out whether the topic is still the one that the positions speak of.

Positions belong to one life of one topic. The topic may have been deleted and made anew, another
cluster may stand behind the address, Kafka may have lost its newest records and have others in
their place, or retention may have taken records that nobody had stored: each would silently
miscount, so each stops the worker with what to do.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

import aiokafka
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.errors import KafkaTimeoutError, LeaderNotAvailableError

from batching.leader_epochs import ask_epoch_ends
from batching.topic_ids import ask_topic_ids
from batching.topics import count_partitions
from models.positions import Position, ReadTo, TopicPartition

Verdict = Literal["same", "lost", "truncated", "recreated", "unclear"]

_READ_MILLISECONDS = 10_000
_FETCH_BYTES = 65_536  # one record of each partition is wanted; a batch comes whole all the same

_NEW = (
    "To keep what is stored and count on with what is in the topic now: stop all workers, run "
    "'headrace epoch new {topic}', start them again."
)
_RESUME = (
    "To keep what is stored and count on with what came after it: stop all workers, run 'headrace "
    "epoch resume-after-truncation {topic}', start them again."
)
CURES: Mapping[Verdict, str] = {
    "lost": _NEW,
    "recreated": _NEW,
    "truncated": _RESUME,
    "unclear": (
        "Either it was made anew, or HEADRACE_BROKER is another cluster, or Kafka lost its newest "
        "records. Made anew: stop all workers, run 'headrace epoch new {topic}', start them again. "
        "Lost: the same with 'headrace epoch resume-after-truncation {topic}'."
    ),
}


class TopicChangedError(Exception):
    """The stored positions do not fit the topic; the message says what to do."""


@dataclass(frozen=True, slots=True)
class PartitionIdentity:
    """What a partition looks like beside its position.

    `first` is the offset that it begins at, `end` where the next record will lie, `topic_id` the
    topic's, where the broker knows ids.

    "recreated": it is not the topic that was stored. "truncated": it is, but Kafka lost stored
    records. "unclear": one of these. "lost": retention took records that were not stored. `why`
    says how that is known. `same_to` is how far it is what was stored, where that can be told.
    """

    first: int
    verdict: Verdict = "same"
    why: str = ""
    topic_id: UUID | None = None
    same_to: ReadTo | None = None
    end: int = 0


async def check_identity(
    broker: str, positions: Mapping[TopicPartition, Position]
) -> dict[TopicPartition, PartitionIdentity]:
    """Compare each position with its partition; TopicChangedError where it does not fit."""
    identities = await compare_with_topics(broker, positions)
    for tp, identity in identities.items():
        if identity.verdict != "same":
            cure = CURES[identity.verdict].format(topic=tp.topic)
            raise TopicChangedError(
                f"topic {tp.topic}, partition {tp.partition}: {identity.why}. {cure}"
            )
    return identities


async def compare_with_topics(
    broker: str, positions: Mapping[TopicPartition, Position]
) -> dict[TopicPartition, PartitionIdentity]:
    """Compare each position with the partition as it is now. Raises KafkaError."""
    # isolation_level stays read_uncommitted: the end of an open transaction is not the log's end
    counts = await count_partitions(broker, {tp.topic for tp in positions})
    there = {tp: at for tp, at in positions.items() if tp.partition < counts[tp.topic]}
    identities = {tp: PartitionIdentity(0, "recreated", "it is not there") for tp in positions}
    if there:  # a consumer to which no partition was assigned never stops
        identities |= await _compare(broker, there)
    return identities


async def _compare(
    broker: str, positions: Mapping[TopicPartition, Position]
) -> dict[TopicPartition, PartitionIdentity]:
    consumer = aiokafka.AIOKafkaConsumer(
        bootstrap_servers=broker,
        enable_auto_commit=False,
        auto_offset_reset="none",  # made anew meanwhile: an error, not a look elsewhere
        max_partition_fetch_bytes=_FETCH_BYTES,
    )
    await consumer.start()
    try:
        consumer.assign([KafkaPartition(*tp) for tp in positions])
        await consumer._client.force_metadata_update()  # noqa: SLF001 - to know who leads
        identities = await _lives(consumer, positions)
        to_read = {tp: at for tp, at in positions.items() if _has_to_be_read(at, identities[tp])}
        for tp, held in to_read.items():  # all before the first is read: one fetch brings them
            consumer.seek(KafkaPartition(*tp), held.last_offset)
        for tp, held in to_read.items():
            if not await _is_there(consumer, tp, held):
                identities[tp] = _other_record(held, identities[tp])
        return identities
    finally:
        await consumer.stop()


async def _lives(
    consumer: aiokafka.AIOKafkaConsumer, positions: Mapping[TopicPartition, Position]
) -> dict[TopicPartition, PartitionIdentity]:
    """Judge by all that Kafka tells without a record being read."""
    partitions = [KafkaPartition(*tp) for tp in positions]
    by_leader: defaultdict[int, dict[TopicPartition, ReadTo]] = defaultdict(dict)
    for tp, held in positions.items():
        by_leader[_leader(consumer, tp)][tp] = held.read_to
    # ids first: of a topic that is made anew from here on, no fetch will have the known id
    ids: dict[TopicPartition, UUID] = {}
    for leader, read in by_leader.items():
        found = await ask_topic_ids(consumer._client.send, leader, {tp.topic for tp in read})  # noqa: SLF001
        ids |= {tp: found[tp.topic] for tp in read if found and tp.topic in found}
    first = await consumer.beginning_offsets(partitions)
    end = await consumer.end_offsets(partitions)
    same: dict[TopicPartition, ReadTo] = {}
    for leader, read in by_leader.items():
        same |= await ask_epoch_ends(consumer._client.send, leader, read)  # noqa: SLF001
    return {
        tp: judge(
            positions[tp],
            PartitionIdentity(first[tp], topic_id=ids.get(tp), same_to=same.get(tp), end=end[tp]),
            end[tp],
        )
        for tp in positions
    }


def _leader(consumer: aiokafka.AIOKafkaConsumer, tp: TopicPartition) -> int:
    leader = consumer._client.cluster.leader_for_partition(KafkaPartition(*tp))  # noqa: SLF001
    if leader is None or leader < 0:
        raise LeaderNotAvailableError(f"{tp} has no leader")
    return int(leader)


def judge(held: Position, found: PartitionIdentity, end: int) -> PartitionIdentity:
    """Judge what was found of a partition that ends at offset `end`, by its position."""
    if _differ(held.topic_id, found.topic_id):
        why = f"its id is {found.topic_id}, that of the topic that is stored is {held.topic_id}"
        return replace(found, verdict="recreated", why=f"it was made anew: {why}")
    if held.last_offset < 0:
        return replace(found, same_to=None)
    read_to = held.read_to
    # a new leader that has not heard of its followers yet names an end before that of its log, but
    # where the records of earlier leaders end it knows for sure
    same_to = found.same_to or min(read_to, ReadTo(end, None), key=lambda at: at.offset)
    if same_to.offset <= held.last_offset:
        return _cut_off(held, replace(found, same_to=same_to), end)
    if read_to.offset < found.first:
        why = (
            f"it begins at offset {found.first}, but was read up to {read_to.offset - 1} only: "
            f"retention took {found.first - read_to.offset} records that were never read"
        )
        return replace(found, verdict="lost", why=why)
    return found if same_to == read_to else replace(found, same_to=same_to)


def _cut_off(held: Position, found: PartitionIdentity, end: int) -> PartitionIdentity:
    why = f"it ends at offset {end}, but records up to {held.last_offset} are stored"
    if end > held.last_offset and found.same_to:
        why = (
            f"from offset {found.same_to.offset} on it holds other records than were stored, "
            f"which is up to {held.last_offset}"
        )
    if is_same_topic(held, found):
        why = f"Kafka lost its newest records: {why}"
        return replace(found, verdict="truncated", why=why)
    return replace(found, verdict="unclear", why=why)


def _has_to_be_read(held: Position, found: PartitionIdentity) -> bool:
    """Say whether only the stored record itself can tell; older brokers know nothing better."""
    return (
        found.verdict == "same"
        and found.first <= held.last_offset
        and held.last_timestamp is not None
        and not (is_same_topic(held, found) and _is_known(found.same_to))
    )


def _other_record(held: Position, found: PartitionIdentity) -> PartitionIdentity:
    why = f"the record at offset {held.last_offset} is not the one that was stored"
    verdict: Verdict = "truncated" if is_same_topic(held, found) else "unclear"
    # since when it is another log is not known: what is behind the position was not read for sure
    return replace(found, verdict=verdict, why=why, same_to=ReadTo(held.last_offset + 1, None))


def _is_known(same_to: ReadTo | None) -> bool:
    return same_to is not None and same_to.leader_epoch is not None


def is_same_topic(held: Position, found: PartitionIdentity) -> bool:
    """Say whether the topic is known to be the one that was stored."""
    return held.topic_id is not None and held.topic_id == found.topic_id


def _differ(one: UUID | None, other: UUID | None) -> bool:
    return one is not None and other is not None and one != other


async def _is_there(
    consumer: aiokafka.AIOKafkaConsumer, tp: TopicPartition, held: Position
) -> bool:
    partition = KafkaPartition(*tp)
    found = await consumer.getmany(partition, timeout_ms=_READ_MILLISECONDS, max_records=1)
    record = next(iter(found.get(partition, ())), None)
    if record is None and await consumer.position(partition) == held.last_offset:
        raise KafkaTimeoutError(f"{tp} was not read back in time")
    # none, or a later one: that offset was compacted away, and nothing can be compared
    return (
        record is None
        or record.offset != held.last_offset
        or record.timestamp == held.last_timestamp
    )
