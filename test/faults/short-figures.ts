import { tmpdir } from 'node:os'
import type { Test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Figure } from './figure.ts'
import { lineOf, measureFigure } from './measure.ts'

const { signal } = new AbortController()

/** A test of a figure's short variant. */
export function testShortly(test: Test, figure: Figure): void {
  test(`no ${figure.shows}`, async () => {
    const result = await measureFigure(figure, { short: true, parent: tmpdir(), signal })
    console.log(lineOf(result))
    assert.equal(result.faults, [])
  })
}

/** Tests that it finds each of the bugs that it should. */
export function testControls(test: Test, figure: Figure): void {
  for (const bug of figure.controls) {
    test(`and this finds a service with ${bug}`, async () => {
      const result = await measureFigure(figure, { short: true, bug, parent: tmpdir(), signal })
      assert.ok(result.faults.length > 0)
    })
  }
}
