import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { tableIdOf } from '../../../src/engine/format/system-tables.ts'
import { MemoryDriver } from '../../../src/storage/memory/driver.ts'
import { faulty } from '../../storage/faulty-driver.ts'
import { HASH_ONLY, WITH_INDEXES } from '../engine-fixture.ts'
import { item } from '../short-items.ts'
import { FIRST_SLOT, START_SECONDS, Sweeping } from './sweeping.ts'

const test = suite('clocks of expiry')

test('items of processes whose clocks are behind go too', async () => {
  for (const [behind, isGone] of [
    [59 * 60, true],
    [10 * 3_600, false],
  ] as const) {
    const driver = new MemoryDriver()
    const fixture = new Sweeping(driver)
    const tableId = tableIdOf(await fixture.create('table', WITH_INDEXES))
    fixture.wait(20 * 3_600)
    for (let hour = 0; hour < 21; hour++) await fixture.sweep()
    const late = new Sweeping(driver, { seconds: START_SECONDS + 20 * 3_600 - behind })
    await late.put(1)
    for (let hour = 0; hour < 3; hour++) {
      fixture.wait(3_600)
      await fixture.sweep()
    }
    assert.is((await fixture.rows(tableId)).length, isGone ? 0 : 3)
    await late.close()
    await fixture.close()
  }
})

test('what was journalled before there was a job goes too', async () => {
  const driver = new MemoryDriver()
  const late = new Sweeping(driver, { seconds: START_SECONDS - 59 * 60 })
  const tableId = tableIdOf(await late.create('table', WITH_INDEXES))
  await late.put(1)
  await late.close()
  const fixture = new Sweeping(driver)
  for (let hour = 0; hour < 2; hour++) {
    fixture.wait(3_600)
    await fixture.sweep()
  }
  assert.is((await fixture.rows(tableId)).length, 0)
  await fixture.close()
})

test('what is journalled in a minute behind its sweep goes too', async () => {
  let isSlow = false
  const driver = faulty(new MemoryDriver(), ({ method }) =>
    isSlow && method === 'commit' ? { fault: 'delay', milliseconds: 300 } : undefined,
  )
  const fixture = new Sweeping(driver)
  const tableId = tableIdOf(await fixture.create('table', HASH_ONLY))
  const late = new Sweeping(driver, { seconds: START_SECONDS })
  for (let n = 0; n < 1_000; n++) await fixture.put(60, item({ h: `early ${n}` }))
  fixture.wait(200)
  isSlow = true
  await fixture.step()
  fixture.state = { slot: FIRST_SLOT + 1 }
  isSlow = false
  const left = (await fixture.rows(tableId)).length
  assert.ok(left > 0 && left < 1_000, 'it is under way')
  for (let n = 0; n < 200; n++) await late.put(60, item({ h: `late ${n}` }))
  await fixture.sweep()
  assert.is((await fixture.rows(tableId)).length, 0)
  await late.close()
  await fixture.close()
})

test('an owner whose clock is ahead keeps nothing from expiring when another follows', async () => {
  const fixture = new Sweeping()
  const tableId = tableIdOf(await fixture.create('table', WITH_INDEXES))
  await fixture.put(60)
  fixture.state = { slot: FIRST_SLOT + 10 * 60 }
  fixture.wait(200)
  await fixture.sweep()
  assert.is((await fixture.rows(tableId)).length, 3, 'in a minute that another has gone through')
  fixture.wait(3_600)
  await fixture.sweep()
  assert.is((await fixture.rows(tableId)).length, 0)
  assert.equal(fixture.state, { slot: FIRST_SLOT + 62 })
  await fixture.close()
})

test.run()
