/* event-stream: the parser, and the limits of a connection. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createParser, readEvents } from '../src/net/event-stream.js';

const STREAM = [
    ': hello\n\n',
    'id: t:0\nevent: started\ndata: {"model":"m"}\n\n',
    'id: t:7\nevent: delta\ndata: {"text":"Öl für 5 €"}\n\n',
    ':\n\n',
    'id: t:11\nevent: delta\ndata: {"text":\ndata: "🚗"}\n\n',
    'event: done\ndata: {"status":"committed"}\n\n',
].join('');

const EVENTS = [
    { type: 'started', data: { model: 'm' }, id: 't:0' },
    { type: 'delta', data: { text: 'Öl für 5 €' }, id: 't:7' },
    { type: 'delta', data: { text: '🚗' }, id: 't:11' },
    { type: 'done', data: { status: 'committed' }, id: 't:11' },
];

for (const [name, end] of [
    ['lf', '\n'],
    ['crlf', '\r\n'],
    ['cr', '\r'],
]) {
    test(`cut anywhere gives the same events (${name})`, () => {
        const text = STREAM.replaceAll('\n', end);
        /* After a final \r the parser waits for a \n. */
        const last = end === '\r' ? ': end' : '';

        for (let cut = 0; cut <= text.length; cut++) {
            const parser = createParser();
            const events = [
                ...parser.feed(text.slice(0, cut)),
                ...parser.feed(text.slice(cut) + last),
            ];
            assert.deepEqual(events.map(parsed), EVENTS, `cut at ${cut}`);
        }
    });
}

test('bytes cut anywhere give the same events', async () => {
    const bytes = new TextEncoder().encode(STREAM);

    for (let cut = 0; cut <= bytes.length; cut++) {
        const events = await all(readEvents(body(bytes.slice(0, cut), bytes.slice(cut))));
        assert.deepEqual(events, EVENTS, `cut at ${cut}`);
    }
});

test('an event without its blank line is ignored', async () => {
    const events = await all(
        readEvents(body(encoded('event: delta\ndata: {"text":"a"}\n\nevent: done\ndata: {}\n'))),
    );
    assert.deepEqual(
        events.map((event) => event.type),
        ['delta'],
    );
});

test('an event without data is ignored', () => {
    assert.deepEqual(createParser().feed('event: done\n\n'), []);
});

test('data that is not an object is rejected', async () => {
    for (const data of ['{"text":', '"text"', '[]', 'null'])
        await assert.rejects(all(readEvents(body(encoded(`data: ${data}\n\n`)))), {
            code: 'bad_response',
        });
});

test('an event that never ends is rejected', () => {
    const parser = createParser();
    const feedFor = (line) => {
        for (let size = 0; size < 1 << 22; size += 1 << 16) parser.feed(line);
    };

    assert.throws(() => feedFor('x'.repeat(1 << 16)), { code: 'bad_response' });
    assert.throws(() => feedFor(`data: ${'x'.repeat(1 << 16)}\n`), { code: 'bad_response' });
});

test('silence ends the stream', async () => {
    const silent = new Response(new ReadableStream({}));
    await assert.rejects(all(readEvents(silent, 20)), { code: 'no_response' });
});

test('a broken connection is reported as lost', async () => {
    const broken = new Response(
        new ReadableStream({ pull: (out) => out.error(new TypeError('network')) }),
    );
    await assert.rejects(all(readEvents(broken)), { code: 'connection_lost' });
});

test('leaving early closes the connection', async () => {
    let closed = false;
    const endless = new ReadableStream({
        pull: (out) => out.enqueue(encoded('data: {}\n\n')),
        cancel: () => {
            closed = true;
        },
    });

    for await (const event of readEvents(new Response(endless))) {
        assert.deepEqual(event.data, {});
        break;
    }
    assert.ok(closed);
});

function body(...pieces) {
    return new Response(
        new ReadableStream({
            start(out) {
                pieces.filter((piece) => piece.length > 0).forEach((piece) => out.enqueue(piece));
                out.close();
            },
        }),
    );
}

function encoded(text) {
    return new TextEncoder().encode(text);
}

function parsed(event) {
    return { ...event, data: JSON.parse(event.data) };
}

async function all(events) {
    const list = [];
    for await (const event of events) list.push(event);
    return list;
}
