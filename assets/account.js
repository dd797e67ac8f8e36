// Signs people in, up and out, changes their password and the project they work in, all
// by plain requests, so that a password never passes through the dashboard's state, and
// the session cookie stays out of scripts' reach. A full navigation follows whatever
// changes the cookie: the dashboard's connection is opened anew with it.

const FIRST_PAGE = "/overview";
const SIGN_IN_PAGE = "/login";
const PROJECTS = "/api/projects";
const UNREACHABLE = "LeadPulse can't be reached. Check your connection and try again.";

// The project that was made last: where only the way there failed, it is there already.
let made = null;

// The other tabs of this browser hold the same cookie: what they still showed of one
// project, they would do in another.
const otherTabs = new BroadcastChannel("leadpulse");
otherTabs.onmessage = () => {
  if (document.querySelector("[data-projects]")) location.assign(FIRST_PAGE);
};

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-account]");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  showErrors(form, {});
  try {
    const fields = new FormData(form);
    const address = form.dataset.account;
    const isProject = address === PROJECTS;
    const answer = await (isProject ? makeProject(fields) : ask(address, fields));
    if (!answer.ok) showErrors(form, answer);
    else if (form.querySelector("[data-done]")) showDone(form);
    else return showFirstPage();
  } catch {
    showErrors(form, { message: UNREACHABLE });
  }
  button.disabled = false;
});

document.addEventListener("click", async (event) => {
  if (!event.target.closest("[data-sign-out]")) return;
  const response = await post("/api/auth/logout").catch(() => null);
  if (response && (response.ok || response.status === 401)) {
    location.assign(SIGN_IN_PAGE);
  } else {
    showProblem("You are still signed in: LeadPulse can't be reached. Try again.");
  }
});

document.addEventListener("click", async (event) => {
  const project = event.target.closest("[data-go-to-project]");
  if (!project) return;
  const answer = await switchTo(project.dataset.goToProject).catch(() => ({
    message: UNREACHABLE,
  }));
  if (answer.ok) showFirstPage();
  else showProblem(`You are still in this project. ${sentence(answer.message)}`);
});

async function makeProject(fields) {
  const name = fields.get("name");
  if (made?.name !== name) {
    const answer = await askSignedIn(PROJECTS, fields);
    if (!answer.ok) return answer;
    made = { name, id: answer.data.id };
  }
  return switchTo(made.id);
}

function switchTo(id) {
  return askSignedIn(`${PROJECTS}/${id}/switch`);
}

async function askSignedIn(address, fields) {
  const answer = await ask(address, fields);
  if (answer.status === 401) location.assign(SIGN_IN_PAGE);
  return answer;
}

async function ask(address, fields) {
  const response = await post(address, fields);
  return { ...(await response.json()), ok: response.ok, status: response.status };
}

function showFirstPage() {
  otherTabs.postMessage(null);
  location.assign(FIRST_PAGE);
}

function post(address, fields = []) {
  return fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    credentials: "same-origin",
    body: JSON.stringify(Object.fromEntries(fields)),
  });
}

function showProblem(text) {
  document.querySelector("[data-account-problem]").textContent = text;
}

function showDone(form) {
  form.reset();
  const place = form.querySelector("[data-done]");
  place.textContent = place.dataset.done;
}

function showErrors(form, { message = "", details = {} }) {
  const named = Object.keys(details).some((name) => form.elements[name]);
  form.querySelector("[data-problem]").textContent = named ? "" : sentence(message);
  form.querySelector("[data-done]")?.replaceChildren();
  for (const place of form.querySelectorAll("[data-error-of]")) {
    const name = place.dataset.errorOf;
    place.textContent = sentence(details[name] ?? "");
    form.elements[name].setAttribute("aria-invalid", String(name in details));
  }
  form.querySelector("[aria-invalid=true]")?.focus();
}

function sentence(text) {
  return text && !text.endsWith(".") ? `${text}.` : text;
}
