/* What OpenRouter was seen to send, as recorded or reported; prose shortened. */
#ifndef TESTS_UNIT_OPENROUTER_SAMPLES_H
#define TESTS_UNIT_OPENROUTER_SAMPLES_H

#define WORKING    ": OPENROUTER PROCESSING\n\n"
#define DATA(json) "data: " json "\n\n"
#define DONE       DATA("[DONE]")

#define HEAD                                                                                       \
    "\"id\":\"gen-1773012759-4u9w7As08eMtL75bWtu8\",\"object\":\"chat.completion.chunk\","         \
    "\"created\":1773012759,\"model\":\"anthropic/claude-4.6-sonnet-20260217\","                   \
    "\"provider\":\"Amazon Bedrock\","
#define SAYS(delta, finish)                                                                        \
    "{" HEAD "\"choices\":[{\"index\":0,\"delta\":{" delta "},\"finish_reason\":" finish           \
    ",\"native_finish_reason\":" finish "}]}"
#define SAYS_TEXT(text) SAYS("\"content\":\"" text "\",\"role\":\"assistant\"", "null")
#define FINISH          SAYS("\"content\":\"\",\"role\":\"assistant\"", "\"stop\"")
#define USAGE                                                                                      \
    "\"usage\":{\"prompt_tokens\":254,\"completion_tokens\":5,\"total_tokens\":259,"               \
    "\"cost\":0.000837,\"is_byok\":false,\"prompt_tokens_details\":{\"cached_tokens\":0,"          \
    "\"cache_write_tokens\":0,\"audio_tokens\":0,\"video_tokens\":0},\"cost_details\":"            \
    "{\"upstream_inference_cost\":0.000837},\"completion_tokens_details\":"                        \
    "{\"reasoning_tokens\":0,\"image_tokens\":0,\"audio_tokens\":0}}"

/* usage with empty choices, the shape of March 2026 */
#define SAMPLE_A                                                                                   \
    WORKING WORKING DATA(SAYS_TEXT("Hello!")) DATA(FINISH)                                         \
        DATA("{" HEAD "\"choices\":[]," USAGE "}") DONE

/* a free model: empty first deltas, the finish on the last words, usage in a choice of its own */
#define HEAD_B                                                                                     \
    "\"id\":\"gen-1754667632-NNYO7FUAFP6cwNW8jL7x\",\"provider\":\"Venice\",\"model\":"            \
    "\"meta-llama/llama-3.2-3b-instruct:free\",\"object\":\"chat.completion.chunk\","              \
    "\"created\":1754667632,"
#define SAYS_B(text, finish, tail)                                                                 \
    DATA("{" HEAD_B                                                                                \
         "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"" text         \
         "\"},\"finish_reason\":" finish ",\"native_finish_reason\":" finish                       \
         ",\"logprobs\":null}]" tail "}")
#define SAMPLE_B                                                                                   \
    WORKING SAYS_B("", "null", "") SAYS_B("test response", "\"stop\"", "")                         \
        SAYS_B("", "null",                                                                         \
               ",\"usage\":{\"prompt_tokens\":586,\"completion_tokens\":3,\"total_tokens\":589,"   \
               "\"cost\":0,\"is_byok\":false,\"cost_details\":{\"upstream_inference_cost\":null}"  \
               "}") DONE

/* the finish twice, the second time with usage, the shape of August 2026 */
#define SAMPLE_C                                                                                   \
    DATA(SAYS_TEXT("Hello!"))                                                                      \
    DATA(FINISH)                                                                                   \
    DATA("{" HEAD "\"service_tier\":\"default\",\"choices\":[{\"index\":0,\"delta\":{\"content\":" \
         "\"\",\"role\":\"assistant\"},\"finish_reason\":\"stop\",\"native_finish_reason\":"       \
         "\"completed\"}]," USAGE "}")                                                             \
    DONE

/* comments between events, reasoning before words */
#define SAMPLE_D                                                                                   \
    DATA(SAYS("\"content\":\"\",\"role\":\"assistant\",\"reasoning\":\"Let me think\","            \
              "\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"Let me think\","     \
              "\"index\":0}]",                                                                     \
              "null"))                                                                             \
    WORKING WORKING DATA(SAYS_TEXT("Hello!")) WORKING DATA(FINISH) DONE

/* the documented error in mid-stream */
#define SAMPLE_E                                                                                   \
    DATA(SAYS_TEXT("Hel"))                                                                         \
    DATA("{\"id\":\"gen-abc123\",\"object\":\"chat.completion.chunk\",\"created\":1234567890,"     \
         "\"model\":\"openai/gpt-4o\",\"provider\":\"OpenAI\",\"error\":{\"code\":429,"            \
         "\"message\":\"Rate limit exceeded\",\"metadata\":{\"error_type\":"                       \
         "\"rate_limit_exceeded\"}},\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},"       \
         "\"finish_reason\":\"error\"}]}")

/* an error before any word, with empty choices */
#define SAMPLE_F                                                                                   \
    WORKING DATA("{\"id\":\"gen-x\",\"choices\":[],\"error\":{\"code\":429,\"message\":"           \
                 "\"Provider returned error\",\"metadata\":{\"error_type\":"                       \
                 "\"rate_limit_exceeded\"}}}")

/* an error with usage beside it, no finish, and [DONE] after it */
#define SAMPLE_G                                                                                   \
    DATA("{\"id\":\"gen-1762179802-UN8pkJI4AGZvryk0kFnb\",\"provider\":\"Minimax\",\"error\":"     \
         "{\"code\":400,\"message\":\"Token limit reached\"},\"model\":\"minimax/minimax-m2:free"  \
         "\",\"object\":\"chat.completion.chunk\",\"created\":1762179802,\"choices\":[{\"index\":" \
         "0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null,"           \
         "\"native_finish_reason\":null,\"logprobs\":null}],\"usage\":{\"prompt_tokens\":43,"      \
         "\"completion_tokens\":10,\"total_tokens\":53,\"cost\":0,\"is_byok\":false}}")            \
    DONE

/* a tool call in fragments */
#define SAMPLE_H                                                                                   \
    DATA(SAYS("\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"function\":{"            \
              "\"arguments\":\"\",\"name\":\"getCurrentWeather\"},\"id\":"                         \
              "\"call_eddb311a6f7644f6a9ef3ec2\",\"index\":0,\"type\":\"function\"}]",             \
              "null"))                                                                             \
    DATA(SAYS("\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"function\":{"            \
              "\"arguments\":\"{\\\"location\",\"name\":null},\"id\":null,\"index\":0,\"type\":"   \
              "\"function\"}]",                                                                    \
              "null"))                                                                             \
    DATA(SAYS("\"content\":\"\"", "\"tool_calls\"")) DONE

/* a silent failure: only the provider's own word betrays it */
#define SAMPLE_I                                                                                   \
    DATA("{" HEAD "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":"      \
         "\"stop\",\"native_finish_reason\":\"network_error\"}]}")                                 \
    DONE

/* cut: neither finish nor [DONE] */
#define SAMPLE_J WORKING DATA(SAYS_TEXT("Hel"))

/* a plain answer behind two of the blanks that keep the line open */
#define SAMPLE_PLAIN                                                                               \
    "\n         \n\n         \n"                                                                   \
    "{\"id\":\"gen-1769111318-FYS2WjMv7q5rhLLciPiB\",\"provider\":\"OpenAI\",\"model\":"           \
    "\"openai/o3-mini-high\",\"object\":\"chat.completion\",\"created\":1769111318,\"choices\":"   \
    "[{\"logprobs\":null,\"finish_reason\":\"stop\",\"native_finish_reason\":\"completed\","       \
    "\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hello!\",\"refusal\":null,"     \
    "\"reasoning\":null}}],\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":273,"             \
    "\"total_tokens\":292,\"cost\":0.0012221,\"is_byok\":false}}"

/* OpenRouter's own limit, as a body of status 429 */
#define SAMPLE_429                                                                                 \
    "{\"error\":{\"message\":\"Rate limit exceeded: limit_rpm/meta-llama/llama-3.2-3b-instruct/"   \
    "0f0f0f0f-1111-2222-3333-444444444444. High demand for meta-llama/llama-3.2-3b-instruct:free " \
    "on OpenRouter - limited to 1 requests per minute. Please retry shortly.\",\"code\":429,"      \
    "\"metadata\":{\"headers\":{\"X-RateLimit-Limit\":\"1\",\"X-RateLimit-Remaining\":\"0\","      \
    "\"X-RateLimit-Reset\":\"1754667660000\"},\"provider_name\":null}},\"user_id\":\"user_1\"}"

#endif
