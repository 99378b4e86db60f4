// The filter of a report without asking the server again; without this file its button does the same.
for (const form of document.querySelectorAll("form.narrow")) {
  const narrow = () => {
    const { severity, column } = form.elements;
    for (const section of document.querySelectorAll(".finding-section")) {
      let any = false;
      for (const group of section.querySelectorAll("[data-severity]")) {
        group.hidden = severity.value !== "" && group.dataset.severity !== severity.value;
        any ||= !group.hidden;
      }
      section.hidden = !any || (column.value !== "" && section.dataset.column !== column.value);
    }
  };
  form.hidden = false;
  form.querySelector("button").hidden = true;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => {
    narrow();
    if (!location.protocol.startsWith("http")) return;
    const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    history.replaceState(null, "", asked.size ? `?${asked}` : location.pathname);
  });
}
