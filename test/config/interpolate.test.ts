// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are references of INI files

import * as assert from 'uvu/assert'
import { interpolate } from '../../src/config/interpolate.ts'
import { test } from '../support/suite.ts'

const shout = (name: string) => name.toUpperCase()

test('$name, ${name} and ${group.name} are replaced', () => {
  assert.is(interpolate('$a-${b}c $d.e.', shout), 'A-Bc D.E.')
  assert.is(interpolate('${lmdb.path}/x', shout), 'LMDB.PATH/x')
})

test('dollar signs that are escaped or start no name stay', () => {
  assert.is(interpolate('$$a \\$b $ $1 ${ $', shout), '$a $b $ $1 ${ $')
  assert.is(interpolate('$$$a', shout), '$A')
})

test('inserted values are not interpolated again', () => {
  assert.is(
    interpolate('$a', () => '$a $$'),
    '$a $$',
  )
})

test.run()
