import * as assert from 'uvu/assert'
import { test } from '../support/suite.ts'
import { plainNumber } from './plain-numbers.ts'

test('numbers are written without exponents', () => {
  const spellings = {
    '1': ['1', '01', '+1', '1.0', '1e0', '10E-1', '0.1e1'],
    '0': ['0', '-0', '0.00', '0e5'],
    '-100': ['-1e2', '-100.0'],
    '0.0012': ['1.2e-3', '.0012', '12E-4'],
    [`0.${'0'.repeat(129)}1`]: ['1E-130'],
    [`1${'0'.repeat(125)}`]: ['1E+125'],
  }
  for (const [plain, others] of Object.entries(spellings)) {
    for (const other of others) assert.is(plainNumber(other), plain, other)
  }
})

test.run()
