// Swaps the part of the page that changes. The server sends it as HTML, already escaped, in
// server-sent events of the page's own address. Without this script the page is the same, once.
"use strict";

const live = document.getElementById("live");
const button = document.getElementById("pause");
const AGAIN_MS = 10000;
let source = null;
let paused = false;
let again = 0;

function openDetails() {
  return Array.from(live.querySelectorAll("details[open]"), (one) => one.id);
}

function scrolled() {
  return Array.from(live.querySelectorAll(".scroll"), (one) => [one.scrollLeft, one.scrollTop]);
}

// Where the keyboard is: an element of the same kind at the same place gets it again.
function focused() {
  const one = document.activeElement;
  if (!live.contains(one)) return null;
  return Array.from(live.querySelectorAll("a,summary,.scroll")).indexOf(one);
}

function isReading() {
  const selection = document.getSelection();
  return selection && !selection.isCollapsed && live.contains(selection.anchorNode);
}

function swap(event) {
  if (isReading()) return; // somebody is copying: the next one comes in a second
  const open = openDetails();
  const places = scrolled();
  const focus = focused();
  live.innerHTML = event.data;
  for (const id of open) {
    const one = document.getElementById(id);
    if (one) one.open = true;
  }
  live.querySelectorAll(".scroll").forEach((one, place) => {
    if (places[place]) [one.scrollLeft, one.scrollTop] = places[place];
  });
  if (focus !== null) {
    const one = live.querySelectorAll("a,summary,.scroll")[focus];
    if (one) one.focus({ preventScroll: true });
  }
}

function say(state, text) {
  document.body.dataset.live = state;
  button.textContent = text;
  button.setAttribute("aria-pressed", String(paused));
}

function close() {
  clearTimeout(again);
  if (source) source.close();
  source = null;
}

function open() {
  close();
  if (paused || document.hidden) return;
  source = new EventSource(location.href);
  source.onopen = () => say("on", "Live");
  source.onmessage = swap;
  source.onerror = () => {
    say("off", "Not live");
    // a browser gives up where the answer is an error, as when too many look: try again later
    if (source && source.readyState === EventSource.CLOSED) again = setTimeout(open, AGAIN_MS);
  };
}

button.hidden = false;
button.addEventListener("click", () => {
  paused = !paused;
  if (paused) {
    close();
    say("paused", "Paused");
  } else {
    say("off", "…");
    open();
  }
});
// a page that nobody sees costs nothing, and its connection is free for others
document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
say("off", "…");
open();
