/** Whether what expires at a second has done so; 0 never does. */
export function isExpired(
  { expiresAt }: { readonly expiresAt: number },
  nowSeconds: number,
): boolean {
  return expiresAt !== 0 && expiresAt <= nowSeconds
}
