import * as assert from 'uvu/assert'
import type { Option, OptionGroup } from '../../src/config/option.ts'
import { OPTION_GROUPS } from '../../src/config/option-groups.ts'
import { test } from '../support/suite.ts'

function* declarations(): Generator<[string, Option<unknown>]> {
  for (const [section, { options }] of Object.entries(OPTION_GROUPS)) {
    const group: OptionGroup['options'] = options
    for (const [name, option] of Object.entries(group)) yield [`${section}.${name}`, option]
  }
}

test("every option's default is valid for its type", () => {
  let count = 0
  for (const [name, { type, defaultValue }] of declarations()) {
    count++
    if (defaultValue === undefined) continue
    assert.equal(type.parse(type.format(defaultValue)), defaultValue, name)
  }
  assert.ok(count > 40)
})

test("every option has help in sentences and a name of oslo.config's form", () => {
  for (const [name, { help }] of declarations()) {
    assert.match(name, /^[A-Za-z_]+\.[a-z][a-z0-9_]*$/)
    assert.match(help, /^[^\n]+\.$/, name)
  }
})

test('options with passwords and secrets are declared secret', () => {
  for (const [name, { secret = false }] of declarations()) {
    assert.is(secret, /password|secret(?!_cache_seconds)/.test(name), name)
  }
})

test('the options that differ from keystonemiddleware have our defaults', () => {
  const { options } = OPTION_GROUPS.keystone_authtoken
  assert.is(options.http_connect_timeout.defaultValue, 2)
  assert.is(options.http_request_max_retries.defaultValue, 1)
  assert.is(options.interface.defaultValue, 'internal')
  assert.is(options.token_cache_time.defaultValue, 300)
  assert.is(options.insecure.defaultValue, false)
})

test.run()
