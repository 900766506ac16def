import { setImmediate as turn } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { RequestQueue, WORK_AHEAD_CPU_MS_MAX } from '../../../src/http/connections/request-queue.ts'
import { test } from '../../support/suite.ts'

/** A machine whose clocks only the test advances. */
class Machine {
  wall = 0
  cpu = 0
  /** Milliseconds for which other processes use the CPU after each busy turn. */
  takenMs = 0

  wallMs(): number {
    return this.wall
  }

  cpuMs(): number {
    this.wall += this.takenMs
    return this.cpu
  }

  work(milliseconds: number): void {
    this.wall += milliseconds
    this.cpu += milliseconds
  }
}

/** Requests of a given CPU time. Records their order and outcome. */
class Requests {
  readonly machine = new Machine()
  readonly queue = new RequestQueue(this.machine)
  readonly served: number[] = []
  refused = 0
  waiting = 0
  isDraining = false
  #count = 0

  come(count: number, milliseconds: number, isGone = false, share = 'one'): void {
    for (let i = 0; i < count; i++) this.#come(this.#count++, milliseconds, isGone, share)
  }

  async untilNoneWaits(): Promise<void> {
    while (this.waiting > 0) await turn()
  }

  /** Each connection sends its next request in the turn after its answer. */
  async closedLoop(connections: number, milliseconds: number, turns: number): Promise<void> {
    let answered = this.served.length
    this.come(connections, milliseconds)
    for (let i = 0; i < turns; i++) {
      await turn()
      const next = this.served.length - answered
      answered = this.served.length
      this.come(next, milliseconds)
    }
    await this.untilNoneWaits()
  }

  /** The same number of requests comes in each turn, even if earlier ones still wait. @returns the
   * largest number that waited */
  async openLoop(perTurn: number, milliseconds: number, turns: number): Promise<number> {
    let most = 0
    for (let i = 0; i < turns; i++) {
      this.come(perTurn, milliseconds)
      most = Math.max(most, this.waiting)
      await turn()
    }
    return most
  }

  #come(number: number, milliseconds: number, isGone: boolean, share: string): void {
    const serve = (): void => {
      this.served.push(number)
      this.machine.work(milliseconds)
    }
    const admission = this.queue.admit(() => share, this.isDraining)
    if (admission === 'serve') serve()
    if (admission === 'refuse') this.refused++
    if (admission !== 'wait') return
    this.waiting++
    this.queue.wait({
      share,
      isGone: () => {
        this.waiting--
        return isGone
      },
      serve,
    })
  }
}

test('requests that arrive together are served in order, over several turns', async () => {
  const requests = new Requests()
  requests.come(40, 1)
  assert.ok(requests.served.length < 30, `${requests.served.length} begun in one turn`)
  await requests.untilNoneWaits()
  assert.equal(requests.served, [...Array(40).keys()])
})

test('512 connections in a closed loop of 1 ms of work each are never refused', async () => {
  const requests = new Requests()
  await requests.closedLoop(512, 1, 2_000)
  assert.is(requests.refused, 0)
  assert.ok(requests.served.length > 5_000, `${requests.served.length} served`)
})

test('512 connections are not refused when each turn waits 100 ms for a CPU', async () => {
  const requests = new Requests()
  requests.machine.takenMs = 100
  await requests.closedLoop(512, 0.2, 2_000)
  assert.is(requests.refused, 0)
  assert.ok(requests.machine.wall > 10 * requests.machine.cpu)
})

test('one slow request delays others and refuses none', async () => {
  const requests = new Requests()
  await requests.openLoop(4, 1, 2_000)
  requests.come(10, 1)
  requests.come(1, 2_000)
  requests.come(200, 1)
  await requests.untilNoneWaits()
  assert.is(requests.refused, 0)
  assert.is(requests.served.length, 8_000 + 211)
})

test('at three times the capacity the rest is refused at once', async () => {
  const requests = new Requests()
  await requests.openLoop(15, 1, 2_000)
  await requests.untilNoneWaits()
  requests.served.length = 0
  requests.refused = 0
  const before = requests.machine.cpu
  const most = await requests.openLoop(15, 1, 2_000)
  const share = requests.served.length / (requests.machine.cpu - before)
  assert.ok(share > 0.99, `${share} of the time used`)
  assert.ok(requests.refused > 15_000, `${requests.refused} refused`)
  assert.ok(most <= 1.1 * WORK_AHEAD_CPU_MS_MAX, `${most} requests of 1 ms waited`)
})

test('expensive requests lower the number that may wait, cheap ones restore it', async () => {
  const requests = new Requests()
  const cheap = await requests.openLoop(150, 0.1, 2_000)
  assert.ok(cheap > 9_000 && cheap < 11_000, `${cheap} of 0.1 ms waited`)
  await requests.untilNoneWaits()
  await requests.openLoop(3, 10, 1_000)
  const dear = await requests.openLoop(3, 10, 1_000)
  assert.ok(dear > 90 && dear < 110, `${dear} of 10 ms waited`)
  await requests.untilNoneWaits()
  await requests.openLoop(150, 0.1, 2_000)
  const again = await requests.openLoop(150, 0.1, 500)
  assert.ok(again > 9_000 && again < 11_000, `${again} of 0.1 ms waited`)
})

test('connections are not refused after long work beside which few requests came', async () => {
  const requests = new Requests()
  for (let i = 0; i < 500; i++) {
    requests.come(1, 0.1)
    requests.machine.work(20)
    requests.come(2, 0.1)
    await turn()
  }
  await requests.closedLoop(1_100, 0.2, 500)
  assert.is(requests.refused, 0)
})

test('bursts that are served in time are not refused after expensive requests', async () => {
  const requests = new Requests()
  await requests.openLoop(3, 10, 1_000)
  await requests.untilNoneWaits()
  const { refused } = requests
  for (let i = 0; i < 20; i++) {
    requests.come(300, 0.05)
    await requests.untilNoneWaits()
  }
  assert.is(requests.refused, refused)
})

test('work while no request waits does not lower the number that may wait', async () => {
  const requests = new Requests()
  for (let i = 0; i < 5; i++) {
    requests.come(12_000, 0.1)
    await requests.untilNoneWaits()
    requests.machine.work(60_000)
  }
  assert.is(requests.refused, 0)
  const most = await requests.openLoop(150, 0.1, 1_000)
  assert.ok(most > 8_000, `${most} of 0.1 ms waited`)
})

test('a waiting request is served, whatever arrives after it', async () => {
  const requests = new Requests()
  await requests.openLoop(15, 1, 2_000)
  const waiting = requests.waiting
  const before = requests.served.length
  requests.come(10_000, 1)
  await requests.untilNoneWaits()
  assert.ok(requests.served.length >= before + waiting)
})

test('a draining process refuses no request', async () => {
  const requests = new Requests()
  await requests.openLoop(15, 1, 2_000)
  const { refused } = requests
  assert.ok(refused > 0)
  requests.isDraining = true
  requests.come(5_000, 1)
  await requests.untilNoneWaits()
  assert.is(requests.refused, refused)
})

test('a request starts before those of a share with many waiting', async () => {
  const requests = new Requests()
  requests.come(500, 1)
  requests.come(1, 1, false, 'stranger')
  await turn()
  await turn()
  assert.ok(requests.served.includes(500), `after ${requests.served.length}`)
  assert.ok(requests.served.length < 30)
  await requests.untilNoneWaits()
})

test('a share that has filled the queue does not keep others out', async () => {
  const requests = new Requests()
  await requests.openLoop(15, 1, 2_000)
  requests.come(50, 1)
  const { refused } = requests
  assert.ok(refused > 0)
  requests.come(1, 1, false, 'stranger')
  assert.is(requests.refused, refused)
  requests.come(1, 1)
  assert.is(requests.refused, refused + 1)
  requests.come(10_000, 1, false, 'stranger')
  assert.ok(requests.waiting < 1.6 * WORK_AHEAD_CPU_MS_MAX, `${requests.waiting} wait`)
  await requests.untilNoneWaits()
})

test('a request whose client disconnected is not served', async () => {
  const requests = new Requests()
  requests.come(1, 20)
  requests.come(5, 1, true)
  requests.come(1, 1)
  await requests.untilNoneWaits()
  assert.equal(requests.served, [0, 6])
})

test.run()
