"""Sphinx configuration."""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

from api_pages import documented_methods, public_name
from sphinx_gallery.sorting import ExplicitOrder, FileNameSortKey

import skforecast_lstm

project = "skforecast_lstm"
copyright = "2026, the skforecast_lstm developers"
version = release = skforecast_lstm.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
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
autodoc_inherit_docstrings = True
autodoc_typehints = "none"  # numpydoc says the types, with shapes
autosummary_context = {"documented_methods": documented_methods, "public_name": public_name}

# The inventories are part of the repository, so that a build needs no network: inventories.py.
intersphinx_mapping = {
    name: (url, f"_inventories/{name}.inv")
    for name, url in {
        "python": "https://docs.python.org/3/",
        "numpy": "https://numpy.org/doc/stable/",
        "pandas": "https://pandas.pydata.org/docs/",
        "sklearn": "https://scikit-learn.org/stable/",
        "keras": "https://keras.io/",
        "matplotlib": "https://matplotlib.org/stable/",
    }.items()
}
nitpicky = True
nitpick_ignore_regex = [
    ("py:obj", r"\w+_"),  # fitted attributes that are properties: numpydoc links them to nowhere
]

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_static_path = ["_static"]
html_theme = "pydata_sphinx_theme"
html_title = "skforecast_lstm"
html_theme_options = {
    "show_toc_level": 2,
    "header_links_before_dropdown": 4,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
}

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
suppress_warnings = [
    "config.cache",  # the gallery's configuration has classes, which Sphinx cannot store
    "myst.header",  # the changelog begins below its title, which the page has
]
