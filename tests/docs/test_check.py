import pytest

from builder.check import check_site


@pytest.fixture
def site(tmp_path):
    """Writes files of a site by name and text; returns what is wrong with it."""

    def build(**files):
        for name, text in files.items():
            stem, _, suffix = name.rpartition("_")
            (tmp_path / f"{stem}.{suffix}").write_text(text)
        return check_site(tmp_path)

    return build


def test_a_site_whose_links_lead_somewhere_is_right(site):
    index = '<a href="other.html#here">b</a> <a href="#top" id="top">a</a> <link href="style.css"> <a href="https://x.org">x</a>'
    assert site(index_html=index, other_html='<p id="here">', style_css="p { color: red }") == []


def test_a_site_without_pages_is_wrong(tmp_path):
    assert check_site(tmp_path) == [f"{tmp_path}: no page"]


@pytest.mark.parametrize("target", ["gone.html", "gone/", "other.html#gone", "#gone", "other%20one.html"])
def test_a_link_to_nothing_is_found(site, target):
    found = site(index_html=f'<a href="{target}">a</a>', other_html="")
    assert found == [f"index.html: {target} leads nowhere"]


@pytest.mark.parametrize(
    "tag",
    [
        '<script src="{}"></script>',
        '<link rel="stylesheet" href="{}">',
        '<link rel="preconnect" href="{}">',
        '<img src="{}">',
        '<iframe src="{}"></iframe>',
        '<video><source src="{}"></video>',
    ],
)
@pytest.mark.parametrize("url", ["https://example.org/a.js", "http://example.org/a.js", "//example.org/a.js"])
def test_anything_loaded_from_elsewhere_is_found(site, tag, url):
    assert site(index_html=tag.format(url)) == [f"index.html: loads {url}"]


@pytest.mark.parametrize("style", ["@import 'https://e.org/a.css';", "p { background: url(//e.org/a.png) }"])
def test_a_style_that_loads_something_from_elsewhere_is_found(site, style):
    assert len(site(index_html="", style_css=style)) == 1
    assert len(site(index_html=f"<style>{style}</style>")) == 2  # that of the file still stands


def test_a_picture_inside_the_page_is_no_request(site):
    assert site(index_html='<img src="data:image/png;base64,AAAA">') == []


def test_a_local_picture_has_to_exist(site):
    assert site(index_html='<img src="gone.png">') == ["index.html: gone.png leads nowhere"]
