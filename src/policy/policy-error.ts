/** Policy files that cannot be used. The message is one line for an operator. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError'
}
