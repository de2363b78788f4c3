/* api: requests, the CSRF token, time limits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApi } from '../src/net/api.js';

const STREAM = { 'content-type': 'text/event-stream' };

/* Sends the given responses in order, and records the requests. */
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

test('requests that change something carry the CSRF token of the session', async () => {
    const { asked, fetch } = server(session('one'), ok({ csrf_token: 'two' }), ok({}));
    const api = createApi({ fetch });

    await api.session();
    await api.saveSettings({ model: 'm' });
    await api.stopTurn('t');
    assert.deepEqual(
        asked.map((request) => request.headers['X-CSRF-Token']),
        [undefined, 'one', 'two'],
    );
    assert.equal(asked[2].body, '{"turn_id":"t"}');
});

test('an expired token is renewed once', async () => {
    const { asked, fetch } = server(refusal(403, { code: 'csrf' }), session('new'), ok({}));

    await createApi({ fetch }).newConversation();
    assert.deepEqual(
        asked.map((request) => request.path),
        ['/clear_chat', '/get_session_data', '/clear_chat'],
    );
    assert.equal(asked[2].headers['X-CSRF-Token'], 'new');
});

test('a token that is rejected twice is a failure', async () => {
    const { asked, fetch } = server(
        refusal(403, { code: 'csrf' }),
        session('new'),
        refusal(403, { code: 'csrf' }),
    );

    await assert.rejects(createApi({ fetch }).newConversation(), {
        code: 'csrf',
        remedy: 'reload',
    });
    assert.equal(asked.length, 3);
});

test('a failure has the error message of the server', async () => {
    const { fetch } = server(
        refusal(429, { code: 'limited', message: 'Slow down.', retry_after: 12 }),
    );

    await assert.rejects(createApi({ fetch }).sendTurn({}), {
        code: 'limited',
        serverMessage: 'Slow down.',
        retryAfter: 12,
        retryable: true,
        status: 429,
    });
});

test('a failure is retryable only if retrying can help', async () => {
    for (const [error, retryable] of [
        [{ code: 'off_topic' }, false],
        [{ code: 'upstream_error' }, true],
        [{ code: 'upstream_error', retryable: false }, false],
        [{ code: 'an_unknown_code' }, true],
    ])
        await assert.rejects(createApi(server(refusal(422, error))).sendTurn({}), { retryable });
});

test('an error without JSON is recognized by its status', async () => {
    for (const [status, code] of [
        [413, 'too_long'],
        [400, 'request_refused'],
        [502, 'down'],
    ])
        await assert.rejects(
            createApi(server(new Response('<h1>no', { status }))).newConversation(),
            {
                code,
                status,
            },
        );
});

test('a reply of an unexpected form is a failure', async () => {
    await assert.rejects(createApi(server(new Response('<h1>welcome'))).session(), {
        code: 'bad_response',
    });
    await assert.rejects(createApi(server(ok([]))).session(), { code: 'bad_response' });
    await assert.rejects(createApi(server(ok({ response: 'hi' }))).sendTurn({}), {
        code: 'bad_response',
    });
});

test('being offline and getting no response are different failures', async () => {
    const away = () => {
        throw new TypeError('failed to fetch');
    };
    const mute = ({ signal }) =>
        new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
        });

    await assert.rejects(createApi(server(away)).session(), { code: 'offline' });
    await assert.rejects(createApi({ ...server(mute), timeoutMs: 20 }).session(), {
        code: 'no_response',
    });
});

test('the time limit ends with the headers of a stream', async () => {
    let aborted = false;
    const stream = ({ signal }) => {
        signal.addEventListener('abort', () => {
            aborted = true;
        });
        return new Response('', { headers: STREAM });
    };

    await createApi({ ...server(stream), timeoutMs: 5 }).sendTurn({});
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(aborted, false);
});
