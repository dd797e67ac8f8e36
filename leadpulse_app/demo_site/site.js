/*
 * The sample site's own script. It takes the write key from ?key=pk_… once, keeps it
 * for the other pages, and loads the LeadPulse SDK with it as any site would.
 */
(function () {
  "use strict";

  window.ls = window.ls || [];

  var address = new URL(window.location.href);
  var given = address.searchParams.get("key");
  if (given) {
    window.localStorage.setItem("demo_write_key", given);
    address.searchParams.delete("key");
    window.history.replaceState(null, "", address);
  }

  function load(key) {
    var script = document.createElement("script");
    script.src = "/sdk/ls.js";
    script.async = true;
    script.setAttribute("data-api-key", key);
    document.head.appendChild(script);
  }

  function say(form, text) {
    form.querySelector("[role=status]").textContent = text;
  }

  document.addEventListener("DOMContentLoaded", function () {
    var setup = document.querySelector("#setup");
    var key = window.localStorage.getItem("demo_write_key");
    if (key) load(key);
    else setup.hidden = false;

    setup.addEventListener("submit", function (event) {
      event.preventDefault();
      var pasted = setup.elements.key.value.trim();
      if (!pasted) return;
      window.localStorage.setItem("demo_write_key", pasted);
      setup.hidden = true;
      load(pasted);
    });

    // What matters most is said by a call, which waits for the SDK where it is late.
    var demo = document.querySelector("#demo");
    demo.querySelector("button").addEventListener("click", function () {
      window.ls.push(["track", "demo_request"]);
      say(demo, "Thank you. We will be in touch within a day.");
    });

    // What these buttons mean to LeadPulse stands at them, as data-ls-event.
    document.querySelectorAll("[data-ls-plan]").forEach(function (button) {
      button.addEventListener("click", function () {
        document.querySelector("#choice").textContent =
          "Noted: " + button.dataset.lsPlan + ". No card needed for 30 days.";
      });
    });

    var newsletter = document.querySelector("#newsletter");
    if (!newsletter) return;
    newsletter.addEventListener("submit", function (event) {
      event.preventDefault();
      window.ls.push(["identify", { email: newsletter.elements.email.value }]);
      say(newsletter, "You are on the list.");
    });
  });
})();
