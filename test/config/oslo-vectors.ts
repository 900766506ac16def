// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are references of INI files
/**
 * What oslo.config 10.7.0 makes of small files, as observed by running it with these options:
 * DEFAULT a, b, c (string), n (integer, 5), m (integer), flag (boolean, true), f (float, 0.5),
 * l (list, d1,d2); group g: x, y, a (string). Values equal to a default are left out. A section
 * [DEFAULT] precedes each text unless the text starts with a section or `!`.
 */
export interface OsloVector {
  readonly text: string
  readonly values: Readonly<Record<string, unknown>> | 'refused'
}

export const OSLO_VECTORS: readonly OsloVector[] = [
  { text: 'a = 1\nb: 2\n', values: { a: '1', b: '2' } },
  { text: 'a = x = y : z\nb : x = y\n', values: { a: 'x = y : z', b: 'x = y' } },
  { text: 'a : b = c\n', values: { a: 'b = c' } },
  { text: 'a=one\na=two\n', values: { a: 'two' } },
  { text: 'a = one\n two\n\tthree\nb = four\n', values: { a: 'one\ntwo\nthree', b: 'four' } },
  { text: 'a =\n  one\n  two\n', values: { a: '\none\ntwo' } },
  { text: 'a = one\n\n  two\n', values: 'refused' },
  { text: 'a = one\n  # two\nb = 1\n', values: { a: 'one\n# two', b: '1' } },
  { text: 'a = one\n# note\n  two\n', values: 'refused' },
  { text: '# a = one\n; b = two\n#c=3\na = it # stays ; too\n', values: { a: 'it # stays ; too' } },
  { text: 'a = one\n   \nb = two\n', values: { a: 'one', b: 'two' } },
  { text: '[DEFAULT]  \na = 1  \nb = one\n two  \n', values: { a: '1', b: 'one\ntwo' } },
  { text: '!  a = 1\n', values: 'refused' },
  { text: '!a = 1\n', values: 'refused' },
  { text: '[DEFAULT\na = 1\n', values: 'refused' },
  { text: '[DEFAULT] # note\na = 1\n', values: 'refused' },
  { text: '[]\na = 1\n', values: 'refused' },
  { text: 'just words\n', values: 'refused' },
  { text: '= 1\n', values: 'refused' },
  {
    text: 'a = "quoted text "\nb = \'single\'\nc = "mixed\'\n',
    values: { a: 'quoted text ', b: 'single', c: '"mixed\'' },
  },
  { text: 'a = x\nc = \'"both"\'\n', values: { a: 'x', c: '"both"' } },
  { text: 'a = "one\n two"\n', values: { a: '"one\ntwo"' } },
  { text: '[DEFAULT]\r\na = 1\r\nb = 2\r\n', values: { a: '1', b: '2' } },
  {
    text: 'a = hello\nb = $a world\nc = ${a}world\n',
    values: { a: 'hello', b: 'hello world', c: 'helloworld' },
  },
  { text: 'a = $$5\nb = \\$a\nc = 5$\n', values: { a: '$5', b: '$a', c: '5$' } },
  { text: 'a = $b\nb = $c\nc = end\n', values: { a: 'end', b: 'end', c: 'end' } },
  { text: 'a = $b\nb = $a\n', values: 'refused' },
  { text: 'a = $a\n', values: 'refused' },
  { text: 'a = $nothing\n', values: 'refused' },
  { text: 'a = ${nothing}x\n', values: 'refused' },
  { text: 'a = $g.x\n[g]\nx = deep\n', values: { a: 'deep', 'g.x': 'deep' } },
  { text: 'a = ${g.x}.y\n[g]\nx = deep\n', values: { a: 'deep.y', 'g.x': 'deep' } },
  {
    text: 'a = top\n[g]\nx = $a\na = inner\n',
    values: { a: 'top', 'g.x': 'inner', 'g.a': 'inner' },
  },
  { text: 'b = top\n[g]\nx = $b\n', values: { b: 'top', 'g.x': 'top' } },
  { text: 'a = $g.nothing\n', values: 'refused' },
  { text: 'a = $none.x\n', values: 'refused' },
  { text: 'a = $g\n', values: 'refused' },
  { text: 'a = $n\n', values: { a: '5' } },
  { text: 'a = <$c>\n', values: { a: '<>' } },
  { text: 'a = ${b\nb = 1\n', values: { a: '${b', b: '1' } },
  { text: 'a = $1 $- $ x\n', values: { a: '$1 $- $ x' } },
  { text: 'a = $b.\nb = 1\n', values: 'refused' },
  { text: '[G]\nx = 1\n[g]\ny = 2\n', values: { 'g.x': '1', 'g.y': '2' } },
  {
    text: '[g]\nx = 1\n[DEFAULT]\na = 2\n[g]\nx = 3\n',
    values: { a: '2', 'g.x': '3' },
  },
  {
    text: 'n = 7\nflag = NO\nf = 1e3\nl = a, b ,c,\n',
    values: { n: 7, flag: false, f: 1000, l: ['a', 'b', 'c'] },
  },
  { text: 'n = 1.5\n', values: 'refused' },
  { text: 'n = 0x10\n', values: 'refused' },
  { text: 'n = +7\n', values: { n: 7 } },
  { text: 'n = $m\nm = 12\n', values: { n: 12, m: 12 } },
  { text: 'f = .5\n', values: {} },
  { text: 'flag = t\n', values: 'refused' },
  { text: 'flag = Off\n', values: { flag: false } },
  { text: 'flag =\n', values: 'refused' },
  { text: 'l =\n  x,\n  y\n', values: { l: ['x', 'y'] } },
]
