// Signs people in, up and out by plain requests, so that a password never passes
// through the dashboard's state, and the session cookie stays out of scripts' reach.
// A full navigation follows each: the dashboard's connection is opened anew with it.

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-account]");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  showErrors(form, {});
  try {
    const response = await post(form.dataset.account, new FormData(form));
    if (response.ok) {
      location.assign("/overview");
      return;
    }
    showErrors(form, await response.json());
  } catch {
    showErrors(form, {
      message: "LeadPulse can't be reached. Check your connection and try again.",
    });
  }
  button.disabled = false;
});

document.addEventListener("click", async (event) => {
  if (!event.target.closest("[data-sign-out]")) return;
  const response = await post("/api/auth/logout").catch(() => null);
  if (response && (response.ok || response.status === 401)) {
    location.assign("/login");
  } else {
    document.querySelector("[data-sign-out-problem]").textContent =
      "You are still signed in: LeadPulse can't be reached. Try again.";
  }
});

function post(address, fields = []) {
  return fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    credentials: "same-origin",
    body: JSON.stringify(Object.fromEntries(fields)),
  });
}

function showErrors(form, { message = "", details = {} }) {
  const named = Object.keys(details).some((name) => form.elements[name]);
  form.querySelector("[data-problem]").textContent = named ? "" : sentence(message);
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
