// Keeps lists of `cogapi local` up to date: told by server-sent events, or asked for where these don't come.

const POLL = 3000;

/**
 * Calls `lists[topic](list)` with what `/_cogapi/<topic>` holds (a topic may have a query), now and whenever it has
 * changed, and `state(word)` with how they are kept: `live`, `polling` or `lost`. One stream serves all: a browser has
 * six connections for a server, of all its tabs together.
 */
export function follow(lists, state) {
  let polling = 0;
  const lost = new Set();
  const tell = () => state(lost.size > 0 ? "lost" : polling ? "polling" : "live");
  const topics = Object.entries(lists).map(([topic, show]) => {
    const reached = (isReached) => {
      if (isReached) lost.delete(topic);
      else lost.add(topic);
      tell();
    };
    return [topic, asking(`/_cogapi/${topic}`, show, reached)];
  });
  const askAll = () => topics.forEach(([, ask]) => ask());

  const events = new EventSource("/_cogapi/events");
  for (const [topic, ask] of topics) events.addEventListener(topic.split("?")[0], ask);
  events.onopen = () => {
    clearInterval(polling);
    polling = 0;
    askAll();
  };
  // The browser goes on trying to connect unless it was refused; meanwhile, and then, we ask.
  events.onerror = () => {
    polling ||= setInterval(askAll, POLL);
    askAll();
  };
  askAll();
}

/** What asks for a list: one request at a time, so that no older answer overtakes a newer one. */
function asking(url, show, reached) {
  let last = "";
  let isAsking = false;
  let again = false;
  return async function ask() {
    again = isAsking;
    if (isAsking) return;
    isAsking = true;
    try {
      const reply = await fetch(url, { cache: "no-store" });
      if (!reply.ok) throw new Error(`status ${reply.status}`);
      const text = await reply.text();
      // What has not changed is not drawn again: whoever reads keeps selection, focus and place.
      if (text !== last) show(JSON.parse(text));
      last = text;
      reached(true);
    } catch {
      reached(false);
    }
    isAsking = false;
    if (again) ask();
  };
}
