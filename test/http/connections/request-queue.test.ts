import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { RequestQueue } from '../../../src/http/connections/request-queue.ts'

/** Requests that each take a while, to see in what order, and what becomes of them. */
class Requests {
  readonly queue = new RequestQueue()
  readonly served: number[] = []
  refused = 0
  waiting = 0
  #count = 0

  come(count: number, milliseconds: number, isGone = false): void {
    for (let i = 0; i < count; i++) this.#come(this.#count++, milliseconds, isGone)
  }

  async untilNoneWaits(): Promise<void> {
    while (this.waiting > 0) await turn()
  }

  #come(number: number, milliseconds: number, isGone: boolean): void {
    const serve = (): void => {
      this.served.push(number)
      busy(milliseconds)
    }
    const admission = this.queue.admit()
    if (admission === 'serve') serve()
    if (admission === 'refuse') this.refused++
    if (admission !== 'wait') return
    this.waiting++
    this.queue.wait({
      isGone: () => {
        this.waiting--
        return isGone
      },
      serve,
      refuse: () => this.refused++,
    })
  }
}

function busy(milliseconds: number): void {
  const until = performance.now() + milliseconds
  while (performance.now() < until);
}

/** Three times as much as there is time for, turn after turn. */
async function overload(requests: Requests): Promise<void> {
  const until = performance.now() + 1_500
  while (performance.now() < until) {
    requests.come(15, 1)
    await turn()
  }
}

test('what comes at once is served in its order, in more than one turn', async () => {
  const requests = new Requests()
  requests.come(40, 1)
  assert.ok(requests.served.length < 30, `${requests.served.length} begun in one turn`)
  await requests.untilNoneWaits()
  assert.equal(requests.served, [...Array(40).keys()])
})

test('one slow request makes others wait, and none is refused', async () => {
  const requests = new Requests()
  requests.come(10, 1)
  requests.come(1, 250)
  requests.come(30, 1)
  await requests.untilNoneWaits()
  assert.is(requests.refused, 0)
  assert.is(requests.served.length, 41)
})

test('one slow request long after another is no overload', async () => {
  const requests = new Requests()
  for (let i = 0; i < 2; i++) {
    requests.come(1, 10)
    requests.come(1, 1)
    busy(100)
    await requests.untilNoneWaits()
    busy(400)
  }
  assert.is(requests.refused, 0)
  assert.is(requests.served.length, 4)
})

test('when too many come for a while most are refused, and work goes on', async () => {
  const requests = new Requests()
  await overload(requests)
  assert.ok(requests.refused > 50, `${requests.refused} refused`)
  assert.ok(requests.served.length > 100, `${requests.served.length} served in 1.5 s of 1 ms`)
  const waiting = requests.waiting
  assert.ok(waiting < 100, `${waiting} wait`)
})

test('none is refused any more once the load has been less for a while', async () => {
  const requests = new Requests()
  await overload(requests)
  await requests.untilNoneWaits()
  const quietUntil = performance.now() + 1_000
  while (performance.now() < quietUntil) {
    requests.come(1, 1)
    await turn()
  }
  const before = requests.refused
  requests.come(30, 1)
  await requests.untilNoneWaits()
  assert.is(requests.refused, before)
})

test('whose caller is gone is not served', async () => {
  const requests = new Requests()
  requests.come(1, 20)
  requests.come(5, 1, true)
  requests.come(1, 1)
  await requests.untilNoneWaits()
  assert.equal(requests.served, [0, 6])
})

test.run()
