import type { Operation } from '../operation.ts'

/*
 * Descriptions of the service itself, which each wire answers alone. They are operations so that
 * policy rules, logs and the project's rate limit apply to them.
 */

export const describeLimits: Operation<object, void> = {
  name: 'describe_limits',
  run: async () => {},
}

export const describeEndpoints: Operation<object, void> = {
  name: 'describe_endpoints',
  run: async () => {},
}
