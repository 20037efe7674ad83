"""Letters as tagged PDF (PDF/UA-1): what is said is a struct of facts, how it looks a template of typst.

| module | holds |
|---|---|
| `facts` | what a formal notice (mise en demeure) rests on, and the parts that the town writes |
| `wording` | the first version of those parts, in the words of the convention |
| `drawing` | the drawing of the page as SVG with its own colours |
| `press` | facts → PDF |
| `templates/` | the letter's layout, in typst's language |
"""

# The words and drawings of letters are those of the pages, whose package imports the letters: it comes first.
import services.web  # noqa: F401
