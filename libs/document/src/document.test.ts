import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  boolean,
  byteCount,
  bytes,
  checked,
  choice,
  distinct,
  documentSchema,
  duration,
  either,
  fieldsTable,
  integer,
  list,
  mapOf,
  mayBeEmpty,
  nonEmpty,
  number,
  optional,
  Problems,
  type Reader,
  record,
  required,
  text,
  variants,
  withDefault,
} from './index.ts';

const read = <T>(reader: Reader<T>, value: unknown) => {
  const problems = new Problems();
  return {
    value: reader.read(value, [], problems),
    told: problems.list.map(({ path, message }) => `${path.join('.')}: ${message}`),
  };
};
const shape = variants({
  noun: 'shape',
  kinds: {
    circle: { circle: required(number(0), 'Its radius.') },
    square: { square: required(number(0), 'Its side.'), tilted: optional(boolean, 'Default false.') },
  },
  shared: { colour: optional(choice(['red', 'blue']), 'Default red.') },
});

describe('a reader', () => {
  it('guesses which key is meant by one that is almost right, and by no other', () => {
    const settings = record({ replicas: optional(integer(1), 'Processes.'), port: optional(integer(0), 'Its port.') });
    const message = 'unknown key; the keys are replicas, port';
    assert.deepEqual(read(settings, { replica: 2, Port: 1, colour: 'red' }).told, [
      `replica: ${message}; did you mean replicas?`,
      `Port: ${message}; did you mean port?`,
      `colour: ${message}`,
    ]);
    assert.deepEqual(read(shape, { circel: 1 }).told, [
      ': want exactly one of circle, square, got circel; did you mean circle?',
    ]);
  });

  it('has the default of a key that is left out or wrong, which the schema and the page tell too', () => {
    const settings = { port: withDefault(integer(0, 9), 8, 'Its port.') };
    assert.deepEqual(read(record(settings), {}), { value: { port: 8 }, told: [] });
    assert.deepEqual(read(record(settings), { port: 10 }), {
      value: { port: 8 },
      told: ['port: want an integer from 0 to 9, got 10'],
    });
    assert.match(fieldsTable(settings), /Its port\. Default 8\./);
    assert.deepEqual(documentSchema('t', record(settings))['properties'], {
      port: { description: 'Its port. Default 8.', default: 8, type: 'integer', minimum: 0, maximum: 9 },
    });
  });

  it('takes a mapping without a key for an empty one only where it may be', () => {
    const settings = record({ port: optional(integer(0), 'Its port.') });
    assert.deepEqual(read(mayBeEmpty(settings), null), { value: { port: undefined }, told: [] });
    assert.deepEqual(read(settings, null).told, [': want a mapping of port, got null']);
  });

  it('checks further only what has no mistake yet', () => {
    const range = checked(
      record({ min: required(integer(0), ''), max: optional(integer(0), '') }),
      ({ min, max = 0 }, path, problems) => min > max && problems.add(path, 'want max of min or more'),
    );
    assert.deepEqual(read(range, { min: 2 }).told, [': want max of min or more']);
    assert.deepEqual(read(range, { min: 2, max: 'many' }).told, ['max: want an integer of 0 or more, got "many"']);
  });

  it('says in the schema too what a list has to be', () => {
    const some = distinct(nonEmpty(list(integer(0, 9), 'a list of digits', 3), 'want a digit'));
    assert.deepEqual(read(some, []).told, [': want a digit']);
    assert.deepEqual(read(some, [1, 2, 1]).told, [': want each once, got "1" twice']);
    assert.deepEqual(read(some, [1, 2]), { value: [1, 2], told: [] });
    const { maxItems, minItems, uniqueItems } = some.schema(new Map());
    assert.deepEqual([maxItems, minItems, uniqueItems], [3, 1, true]);
    const twice = checked(
      checked(text('a'), () => {}, { not: { enum: ['b'] } }),
      () => {},
      { not: { enum: ['c'] } },
    );
    assert.deepEqual(twice.schema(new Map()), {
      allOf: [{ type: 'string', minLength: 1, not: { enum: ['b'] } }, { not: { enum: ['c'] } }],
    });
  });

  it('takes amounts of memory with their unit, and numbers of bytes where it says so', () => {
    assert.equal(read(bytes('64MiB', '1GiB'), '512MiB').value, 512 * 2 ** 20);
    for (const wrong of ['63MiB', '2GiB', 512, '512MB'])
      assert.match(read(bytes('64MiB', '1GiB'), wrong).told.join(), /^: want an amount from 64MiB to 1GiB/);
    assert.deepEqual(
      [4096, '4KiB', 1].map((value) => read(byteCount(1024, 8192), value).value),
      [4096, 4096, undefined],
    );
  });

  it('finds every mistake at once, each with its path, what was expected and the value', () => {
    const person = record({
      age: required(integer(0, 150), 'In years.'),
      wait: optional(duration, 'How long.'),
      tags: optional(list(text('a tag'), 'a list of tags', 2), 'Any.'),
    });
    assert.deepEqual(read(person, { age: -1, wait: '5', tags: ['a', 7], more: 1 }), {
      value: undefined,
      told: [
        'age: want an integer from 0 to 150, got -1',
        'wait: want a time such as 20ms, 1.5s, 2m or 24h, got "5"',
        'tags.1: want a tag, got 7',
        'more: unknown key; the keys are age, wait, tags',
      ],
    });
    assert.deepEqual(read(person, { age: 3, wait: '1.5s' }).value, { age: 3, wait: 1500, tags: undefined });
  });

  it('tells kinds apart by their names', () => {
    assert.deepEqual(read(shape, { square: 2, colour: 'red' }).value, {
      kind: 'square',
      square: 2,
      tilted: undefined,
      colour: 'red',
    });
    assert.deepEqual(read(shape, { circle: 1, square: 2 }).told, [
      ': want exactly one of circle, square, got circle and square',
    ]);
    assert.deepEqual(read(shape, { triangle: 1 }).told, [': want exactly one of circle, square, got triangle']);
    assert.deepEqual(read(shape, { circle: 1, tilted: true }).told, [
      'tilted: "tilted" belongs to a shape of kind square, this is a circle',
    ]);
  });

  it('keeps the entries of a map that can be read only where it is told to', () => {
    const bounds = { min: 1, max: 3, noun: 'size' };
    assert.equal(read(mapOf(integer(1), bounds), { a: 1, b: 0 }).value, undefined);
    assert.deepEqual(
      read(mapOf(integer(1), { ...bounds, keepsOthers: true }), { a: 1, b: 0 }).value,
      new Map([['a', 1]]),
    );
    assert.deepEqual(read(mapOf(integer(1), bounds), {}).told, [': want 1 to 3 sizes, got 0']);
  });

  it('says both expectations of a value that has neither form', () => {
    const either1 = either(
      (value) => typeof value === 'string',
      text('a name'),
      record({ weight: required(number(0), '') }),
    );
    assert.deepEqual(read(either1, 7).told, [': want a name, or a mapping of weight, got 7']);
    assert.deepEqual(read(either1, { weight: -1 }).told, ['weight: want a finite number of 0 or more, got -1']);
  });

  it('takes no key that every object is born with for one of its own', () => {
    const odd = JSON.parse('{"circle": 1, "__proto__": 1}');
    assert.deepEqual(read(shape, odd).told, ['__proto__: unknown key; the keys are circle, colour']);
    assert.deepEqual(read(record({ constructor: required(integer(1), '') }), {}).told, [
      'constructor: want an integer of 1 or more, got nothing',
    ]);
  });
});
