import { tmpdir } from 'node:os'
import * as assert from 'uvu/assert'
import type { Test } from '../support/suite.ts'
import type { Figure, PlantedBug } from './figure.ts'
import { lineOf, measureFigure } from './measure.ts'

const { signal } = new AbortController()

/** Adds a test of a figure's short variant. */
export function testShortly(test: Test, figure: Figure): void {
  test(`no ${figure.shows}`, async () => {
    const result = await measureFigure(figure, { short: true, parent: tmpdir(), signal })
    console.log(lineOf(result))
    assert.equal(result.faults, [])
  })
}

/** Adds a test that the figure finds a bug. `npm run test:faults -- --controls` tries all bugs. */
export function testControl(test: Test, figure: Figure, bug: PlantedBug): void {
  test(`control: the figure finds a service with ${bug}`, async () => {
    const result = await measureFigure(figure, { short: true, bug, parent: tmpdir(), signal })
    assert.ok(result.faults.length > 0)
  })
}
