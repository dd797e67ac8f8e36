// Sends the file that was chosen on a page, shows how far it has come, and reports what
// the server answered. The file goes past the dashboard's state.

window.leadpulseUpload = { send, sendAgain };

const LARGEST = 10 * 1024 * 1024;

let chosen = null;

function send(address) {
  const input = document.querySelector("[data-upload]");
  chosen = input.files[0];
  input.value = ""; // so that the same file can be chosen again
  return sendAgain(address);
}

// The same file to another address, as after a preview of it.
function sendAgain(address) {
  if (chosen === null) return Promise.resolve({ message: "Choose the file again" });
  if (chosen.size > LARGEST) {
    return Promise.resolve({ message: "The file is over 10 MB; send it in parts" });
  }
  showProgress(0, "Uploading");
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded, total }) =>
      showProgress(loaded / total, "Uploading");
    request.upload.onload = () => showProgress(null, "Reading the rows");
    request.onload = () => resolve(answerOf(request));
    request.onerror = () =>
      resolve({
        message:
          "The connection broke off. Upload the same file again: nothing counts twice",
      });
    request.open("POST", address);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.send(chosen);
  });
}

function showProgress(share, text) {
  const bar = document.querySelector("[data-upload-progress]");
  if (bar === null) return; // its dialog was closed meanwhile
  if (share === null) bar.removeAttribute("value");
  else bar.value = share;
  document.querySelector("[data-upload-text]").textContent =
    share === null ? `${text}…` : `${text}, ${Math.round(100 * share)} %`;
}

function answerOf(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return { message: `The server answered ${request.status}; try again in a moment` };
  }
}

for (const [type, over] of [["dragenter", true], ["dragleave", false], ["drop", false]]) {
  document.addEventListener(type, ({ target }) => {
    target.closest?.("[data-upload]")?.toggleAttribute("data-over", over);
  });
}
