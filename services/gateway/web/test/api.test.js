/* What api promises. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApi } from '../src/api.js';

const STREAM = { 'content-type': 'text/event-stream' };

/* Answers in turn; remembers what was asked. */
function server(...answers) {
    const asked = [];
    const fetch = async (path, request) => {
        asked.push({ path, ...request });
        const answer = answers.shift();
        return typeof answer === 'function' ? answer(request) : answer;
    };
    return { asked, fetch };
}

const ok = (body) => new Response(JSON.stringify(body));
const refusal = (status, error) => new Response(JSON.stringify({ error }), { status });
const session = (token) => ok({ csrf_token: token });

test('the token of the session goes with what changes something', async () => {
    const { asked, fetch } = server(session('one'), ok({ csrf_token: 'two' }), ok({}));
    const api = createApi({ fetch });

    await api.session();
    await api.saveSettings({ model: 'm' });
    await api.stop('t');
    assert.deepEqual(asked.map((request) => request.headers['X-CSRF-Token']), [undefined, 'one', 'two']);
    assert.equal(asked[2].body, '{"turn_id":"t"}');
});

test('an old token is renewed once', async () => {
    const { asked, fetch } = server(refusal(403, { code: 'csrf' }), session('new'), ok({}));

    await createApi({ fetch }).clearChat();
    assert.deepEqual(asked.map((request) => request.path), ['/clear_chat', '/get_session_data', '/clear_chat']);
    assert.equal(asked[2].headers['X-CSRF-Token'], 'new');
});

test('a token that stays refused is a failure', async () => {
    const { asked, fetch } = server(refusal(403, { code: 'csrf' }), session('new'), refusal(403, { code: 'csrf' }));

    await assert.rejects(createApi({ fetch }).clearChat(), { code: 'csrf', needs: 'reload' });
    assert.equal(asked.length, 3);
});

test('the reason of the server arrives', async () => {
    const { fetch } = server(refusal(429, { code: 'limited', message: 'Slow down.', retry_after: 12 }));

    await assert.rejects(createApi({ fetch }).chat({}), {
        code: 'limited', sentence: 'Slow down.', retryAfter: 12, retryable: true, status: 429,
    });
});

test('asking again is offered only where it can help', async () => {
    for (const [error, retryable] of [
        [{ code: 'off_topic' }, false],
        [{ code: 'upstream_error' }, true],
        [{ code: 'upstream_error', retryable: false }, false],
        [{ code: 'a_code_of_next_year' }, true],
    ])
        await assert.rejects(createApi(server(refusal(422, error))).chat({}), { retryable });
});

test('an answer without our JSON is known by its status', async () => {
    for (const [status, code] of [[413, 'too_long'], [400, 'refused'], [502, 'down']])
        await assert.rejects(createApi(server(new Response('<h1>no', { status }))).clearChat(), { code, status });
});

test('success must look like success', async () => {
    await assert.rejects(createApi(server(new Response('<h1>welcome'))).session(), { code: 'bad_answer' });
    await assert.rejects(createApi(server(ok([]))).session(), { code: 'bad_answer' });
    await assert.rejects(createApi(server(ok({ response: 'hi' }))).chat({}), { code: 'bad_answer' });
});

test('no network is told apart from no answer', async () => {
    const away = () => {
        throw new TypeError('failed to fetch');
    };
    const mute = ({ signal }) => new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
    });

    await assert.rejects(createApi(server(away)).session(), { code: 'offline' });
    await assert.rejects(createApi({ ...server(mute), patienceMs: 20 }).session(), { code: 'silent' });
});

test('the time limit is for the head of a stream, not for its length', async () => {
    let aborted = false;
    const stream = ({ signal }) => {
        signal.addEventListener('abort', () => {
            aborted = true;
        });
        return new Response('', { headers: STREAM });
    };

    await createApi({ ...server(stream), patienceMs: 5 }).chat({});
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(aborted, false);
});
