// Sends the file that was chosen on a page, shows how far it has come, and reports what
// the server answered. The file goes past the dashboard's state.

window.leadpulseUpload = { send, preview, sendPreviewed };

const LARGEST = 10 * 1024 * 1024;

let previewed = null;
let newest = null;

function send(address) {
  return transmit(address, takeChosen());
}

// What would become of the file, which waits until it is sent. Of one that was chosen
// before, nobody hears any more: its answer would be taken for this one's.
function preview(address) {
  previewed?.request.abort();
  previewed = { file: takeChosen(), request: new XMLHttpRequest() };
  return transmit(address, previewed.file, previewed.request);
}

function sendPreviewed(address) {
  return transmit(address, previewed?.file);
}

function takeChosen() {
  const input = document.querySelector("[data-upload]");
  const [file] = input.files;
  input.value = ""; // so that the same file can be chosen again
  return file;
}

function transmit(address, file, request = new XMLHttpRequest()) {
  if (!file) return Promise.resolve({ message: "Choose the file again" });
  if (file.size > LARGEST) {
    return Promise.resolve({ message: "The file is over 10 MB; send it in parts" });
  }
  newest = request;
  const show = (share, text) => {
    if (request === newest) showProgress(share, text);
  };
  show(0, "Uploading");
  return new Promise((resolve) => {
    request.upload.onprogress = ({ loaded, total }) => show(loaded / total, "Uploading");
    request.upload.onload = () => show(null, "Reading the rows");
    request.onload = () => resolve(answerOf(request));
    request.onerror = () =>
      resolve({
        message:
          "The connection broke off. Upload the same file again: nothing counts twice",
      });
    request.open("POST", address);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.send(file);
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
