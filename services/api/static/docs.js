// Draws the API's description. In a file of its own: the page's policy allows no inline script.
const reference = document.getElementById("reference");

window.SwaggerUIBundle({
  url: reference.dataset.description,
  domNode: reference,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  persistAuthorization: false,
  validatorUrl: null,
});
