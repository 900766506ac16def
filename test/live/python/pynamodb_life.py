"""PynamoDB as its users have it: models that are created, saved, saved on condition, queried,
scanned, batched. Endpoint, region and keys are in the environment; says 'done' at the end."""

from datetime import datetime, timezone

from pynamodb.attributes import (
    BooleanAttribute, JSONAttribute, ListAttribute, MapAttribute, NumberAttribute, UnicodeAttribute,
    UnicodeSetAttribute, UTCDateTimeAttribute, VersionAttribute)
from pynamodb.exceptions import PutError, UpdateError
from pynamodb.indexes import AllProjection, LocalSecondaryIndex
from pynamodb.models import Model

THREADS = 40


class Address(MapAttribute):
    street = UnicodeAttribute()
    number = NumberAttribute(null=True)


class Thread(Model):
    class Meta:
        table_name = 'thread'
        billing_mode = 'PAY_PER_REQUEST'

    class ByViews(LocalSecondaryIndex):
        class Meta:
            index_name = 'by_views'
            projection = AllProjection()

        forum = UnicodeAttribute(hash_key=True)
        views = NumberAttribute(range_key=True)

    forum = UnicodeAttribute(hash_key=True)
    subject = UnicodeAttribute(range_key=True)
    by_views = ByViews()
    views = NumberAttribute(default=0)
    answered = BooleanAttribute(default=False)
    tags = UnicodeSetAttribute(null=True)
    address = Address(null=True)
    notes = ListAttribute(null=True)
    extra = JSONAttribute(null=True)
    posted = UTCDateTimeAttribute(default=lambda: datetime.now(timezone.utc))
    version = VersionAttribute()


def refused(error, call, *arguments, **parameters):
    try:
        call(*arguments, **parameters)
    except error as found:
        return found
    raise AssertionError(f'{error} was expected')


Thread.create_table(wait=True)
assert Thread.exists()

thread = Thread('stars', 'Magnetars', tags={'x-ray'}, extra={'a': [1, None]}, notes=[1, 'two'])
thread.address = Address(street='Milky Way', number=4)
thread.save()
found = Thread.get('stars', 'Magnetars', consistent_read=True)
assert (found.tags, found.address.number, found.extra) == ({'x-ray'}, 4, {'a': [1, None]})
assert found.version == 1
refused(PutError, Thread('stars', 'Magnetars').save, Thread.forum.does_not_exist())
found.save(Thread.views == 0)

found.update(actions=[
    Thread.views.set(Thread.views + 5), Thread.tags.add({'new'}), Thread.address.number.remove(),
    Thread.notes.set(Thread.notes.append(['three']))])
assert (found.views, found.tags, found.notes) == (5, {'x-ray', 'new'}, [1, 'two', 'three'])
assert found.address.number is None
stale = Thread.get('stars', 'Magnetars')
found.update(actions=[Thread.answered.set(True)])
refused(UpdateError, stale.update, actions=[Thread.answered.set(False)])

with Thread.batch_write() as batch:
    for number in range(THREADS):
        batch.save(Thread('planets', f'subject {number:02}', views=THREADS - number))
assert Thread.count('planets') == THREADS
subjects = [each.subject for each in Thread.query('planets', Thread.subject.between('subject 03', 'subject 05'))]
assert subjects == ['subject 03', 'subject 04', 'subject 05'], subjects
most = list(Thread.by_views.query('planets', scan_index_forward=False, limit=2))
assert [each.views for each in most] == [THREADS, THREADS - 1]
seen = list(Thread.scan((Thread.views > 38) | Thread.tags.contains('new'), page_size=7))
assert sorted(each.views for each in seen) == [5, 39, 40], seen
keys = [('planets', f'subject {number:02}') for number in range(5)] + [('planets', 'none')]
assert len(list(Thread.batch_get(keys))) == 5

found.delete(Thread.answered == True)  # noqa: E712
assert Thread.count('stars') == 0
Thread.delete_table()
print('done')
