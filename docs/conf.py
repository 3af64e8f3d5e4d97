"""Sphinx configuration."""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent))

from sphinx_gallery.sorting import ExplicitOrder, FileNameSortKey

import skforecast_lstm

project = "skforecast_lstm"
copyright = "2026, the skforecast_lstm developers"
version = release = skforecast_lstm.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "sphinx_design",
    "sphinx_copybutton",
    "myst_parser",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]

numpydoc_show_class_members = False
numpydoc_xref_param_type = False
autodoc_default_options = {"members": True, "inherited-members": False}
autodoc_inherit_docstrings = False

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_static_path = ["_static"]
html_theme = "pydata_sphinx_theme"
html_theme_options = {"show_toc_level": 2}

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"plot_",
    "subsection_order": ExplicitOrder(
        [
            "../examples/first_steps",
            "../examples/framings",
            "../examples/real_problems",
            "../examples/training",
        ]
    ),
    "within_subsection_order": FileNameSortKey,
    "download_all_examples": False,
    "reference_url": {"skforecast_lstm": None},
    "doc_module": ("skforecast_lstm",),
    "backreferences_dir": "_backreferences",
}
# Values of the gallery's configuration are functions and classes, which Sphinx cannot store.
suppress_warnings = ["config.cache"]


def setup(app):
    """Leave out the methods of scikit-learn whose texts link into its own pages."""

    def is_left_out(app, what, name, obj, *rest):
        return True if name.endswith("_request") or "<r2_score>" in (obj.__doc__ or "") else None

    app.connect("autodoc-skip-member", is_left_out)
