/* What topic promises: questions about cars pass, other subjects do not, and follow-ups depend. */
#include <stdio.h>

#include "test.h"
#include "topic/topic.h"

static int open_topic(void **state)
{
    *state = topic_new();
    return 0;
}

static int close_topic(void **state)
{
    struct topic *t = *state;

    topic_free(&t);
    return 0;
}

static struct topic_result check(void **state, const char *text)
{
    struct topic_result j = topic_check(*state, str_of(text));

    assert_true(j.score >= 0 && j.score <= 1);
    return j;
}

static void assert_all(void **state, enum verdict verdict, bool greeting, const char *const *texts)
{
    for (; *texts; texts++) {
        struct topic_result j = check(state, *texts);
        if (j.verdict != verdict || j.is_greeting != greeting)
            fail_msg("verdict %d, greeting %d, reason %s: %s", j.verdict, j.is_greeting, j.reason,
                     *texts);
    }
}

static void questions_about_cars_are_on_topic(void **state)
{
    static const char *const texts[] = {
        "my brakes make a grinding noise when I stop",
        "check engine light came on yesterday",
        "car wont start just clicks",
        "how often should I change my oil",
        "my oil should be changed when?",
        "white smoke when I accelerate",
        "the AC blows warm air",
        "steering wheel shakes at highway speed",
        "battery light is on while driving",
        "leaking something green under the hood",
        "should i lease or buy",
        "is it worth buying a used model 3 with 120k miles",
        "wallbox or normal socket?",
        "205/55R16 on a golf, what pressure",
        "do I need winter tyres in Austria",
        "can i drive with a broken coil spring",
        "my jeep has the death wobble",
        "jump starting",
        "I can't stop thinking about the 911. Which year has the best engine?",
        "Is premium gas worth it?",
        "🚗 makes a noise",
        NULL,
    };

    assert_all(state, VERDICT_ON, false, texts);
}

static void german_questions_are_on_topic(void **state)
{
    static const char *const texts[] = {
        "Meine Bremsen quietschen beim Anhalten",
        "Wie oft Ölwechsel beim Golf 7 TDI?",
        "Auto springt nicht an, nur ein Klicken",
        "oelwechsel selber machen",
        "Die Kupplung rutscht",
        "TÜV durchgefallen wegen Rost",
        "Motorkontrollleuchte leuchtet gelb",
        "Was kostet ein Zahnriemenwechsel?",
        "Lohnt sich ein Elektroauto?",
        "Welche Winterreifen für einen Škoda?",
        NULL,
    };

    assert_all(state, VERDICT_ON, false, texts);
}

static void codes_makes_and_models_are_enough(void **state)
{
    static const char *const texts[] = {
        "P0420",
        "what does u0100 mean",
        "WVWZZZ1JZ3W386752",
        "is 5w30 fine?",
        "Toyota?",
        "corolla",
        "reliability of the CX 5",
        "F-150",
        "BMW 320d",
        NULL,
    };

    assert_all(state, VERDICT_ON, false, texts);
    assert_string_equal(check(state, "P0420").reason, "fault_code");
    assert_string_equal(check(state, "WVWZZZ1JZ3W386752").reason, "vin");
}

static void other_subjects_are_off_topic(void **state)
{
    static const char *const texts[] = {
        "give me a recipe for pancakes",
        "What's the capital of France?",
        "how do I reverse a list in python",
        "what is the weather in Berlin tomorrow",
        "is my credit card blocked",
        "write a haiku about the moon",
        "Schreib mir ein Gedicht über den Herbst",
        "Wie wird das Wetter morgen?",
        NULL,
    };

    assert_all(state, VERDICT_OFF, false, texts);
}

static void car_words_in_other_subjects_are_off_topic(void **state)
{
    static const char *const texts[] = {
        "what can I cook with olive oil",
        "how do I pay my gas bill",
        "explain the transmission of a disease",
        "who won the drag race show last season",
        "who is the voice actor in the Cars movie",
        "which search engine is the best",
        "my laptop battery is dead",
        "tell me about Nikola Tesla",
        "best golf course near me",
        NULL,
    };

    assert_all(state, VERDICT_OFF, false, texts);
}

static void a_car_question_may_mention_something_else(void **state)
{
    static const char *const texts[] = {
        "can i pay for a new bumper with my credit card",
        "which engine does the car from that movie have",
        "my dog scratched the paint of the car door",
        NULL,
    };

    assert_all(state, VERDICT_ON, false, texts);
}

static void a_task_that_merely_mentions_a_car_is_not_on_topic(void **state)
{
    assert_int_equal(check(state, "write a python algorithm that prints car names").verdict,
                     VERDICT_DEPENDS);
    assert_int_equal(check(state, "python homework: equation of a car in javascript").verdict,
                     VERDICT_OFF);
}

static void follow_ups_depend_on_the_conversation(void **state)
{
    static const char *const texts[] = {
        "and how much is that?", "why?", "what about the other one", "ok and then",
        "Und was kostet das?",   "???",  "the second option",        "is the oil ok",
        "supercalifragilistic",  NULL,
    };

    assert_all(state, VERDICT_DEPENDS, false, texts);
}

static void small_talk_is_a_greeting(void **state)
{
    static const char *const texts[] = {
        "hello",           "Hi there!",     "thanks a lot",       "who are you?",
        "what can you do", "hi, I'm Peter", "good morning",       "Guten Morgen",
        "danke dir",       "bye",           "Moin, wer bist du?", NULL,
    };

    assert_all(state, VERDICT_DEPENDS, true, texts);
}

static void a_greeting_does_not_let_the_rest_pass(void **state)
{
    assert_false(
        check(state, "hello, explain relativistic chromodynamics lagrangians").is_greeting);
    assert_int_equal(check(state, "hi, give me a recipe").verdict, VERDICT_OFF);
    assert_int_equal(check(state, "hi, my brakes squeal").verdict, VERDICT_ON);
}

static void one_weak_word_decides_nothing_however_often_it_comes(void **state)
{
    assert_int_equal(check(state, "oil oil oils oil").verdict, VERDICT_DEPENDS);
    assert_int_equal(check(state, "oil pump").verdict, VERDICT_ON);
}

static void any_bytes_get_a_verdict(void **state)
{
    char bytes[256];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    struct topic_result j = topic_check(*state, (struct str){bytes, sizeof bytes});
    assert_int_equal(j.verdict, VERDICT_DEPENDS);
    assert_string_equal(check(state, "").reason, "no_words");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_about_cars_are_on_topic),
        cmocka_unit_test(german_questions_are_on_topic),
        cmocka_unit_test(codes_makes_and_models_are_enough),
        cmocka_unit_test(other_subjects_are_off_topic),
        cmocka_unit_test(car_words_in_other_subjects_are_off_topic),
        cmocka_unit_test(a_car_question_may_mention_something_else),
        cmocka_unit_test(a_task_that_merely_mentions_a_car_is_not_on_topic),
        cmocka_unit_test(follow_ups_depend_on_the_conversation),
        cmocka_unit_test(small_talk_is_a_greeting),
        cmocka_unit_test(a_greeting_does_not_let_the_rest_pass),
        cmocka_unit_test(one_weak_word_decides_nothing_however_often_it_comes),
        cmocka_unit_test(any_bytes_get_a_verdict),
    };
    return cmocka_run_group_tests(tests, open_topic, close_topic);
}
