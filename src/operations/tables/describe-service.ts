import type { Operation } from '../operation.ts'

/*
 * What a wire says of itself and not of any table: it has the answer. That they are operations
 * gives them a policy rule, a place in logs, and a share of what a project may ask for.
 */

export const describeLimits: Operation<object, void> = {
  name: 'describe_limits',
  run: async () => {},
}

export const describeEndpoints: Operation<object, void> = {
  name: 'describe_endpoints',
  run: async () => {},
}
