"""Debian packages: fetched by apt from the machine's own Debian sources, unpacked into the cache, never installed.

Packages of another architecture (the i386 kernels), and all of them where the machine has no package lists, come through an
apt with its own lists in the cache, so that the machine's apt and dpkg stay as they are. Whatever cannot be had raises `Unavailable`, with the reason in words.
"""
import glob
import os
import shutil
import subprocess
import tempfile


class Unavailable(Exception):
    """A package, or a tool needed to fetch it, cannot be had. The text says what and why."""


class Packages:
    def __init__(self, cache):
        self.cache = os.path.abspath(cache)
        os.makedirs(self.cache, exist_ok=True)
        self.lists_incomplete = {}              # architecture -> why

    def folder(self, name, architecture="amd64"):
        """The folder into which a package has been unpacked."""
        target = os.path.join(self.cache, "%s_%s" % (name, architecture))
        if not os.path.isdir(target):
            with tempfile.TemporaryDirectory(dir=self.cache) as work:
                self._run(architecture, ["apt-get", "download", "-qq", name], "the package %s (%s)" % (name, architecture), work)
                archives = glob.glob(os.path.join(work, "*.deb"))
                if len(archives) != 1:
                    raise Unavailable("apt-get download %s (%s) left %d files, not one" % (name, architecture, len(archives)))
                unpacked = os.path.join(work, "unpacked")
                self._call(["dpkg-deb", "-x", archives[0], unpacked], "unpacking " + name)
                os.rename(unpacked, target)
        return target

    def newest_dependency(self, name, prefix, architecture):
        """The package whose name starts with `prefix` that a metapackage depends on."""
        text = self._run(architecture, ["apt-cache", "depends", name], "what %s depends on" % name)
        for line in text.splitlines():
            word = line.split()[-1] if line.split() else ""
            if line.strip().startswith("Depends:") and word.startswith(prefix):
                return word
        raise Unavailable("no package %s for %s in the machine's Debian sources" % (name, architecture))

    def tool(self, name, package):
        """A program's path: the installed one, or the one in the unpacked package."""
        installed = shutil.which(name) or next((p for p in ("/usr/sbin/" + name, "/sbin/" + name) if os.path.exists(p)), None)
        if installed:
            return installed
        for place in ("usr/bin", "usr/sbin", "bin", "sbin"):
            path = os.path.join(self.folder(package), place, name)
            if os.path.exists(path):
                self._libraries_for(package)
                return path
        raise Unavailable("no program %s in the package %s" % (name, package))

    def environment(self):
        """Where programs out of unpacked packages find each other and their libraries."""
        environment = dict(os.environ, LC_ALL="C")
        unpacked = [os.path.join(self.cache, name) for name in sorted(os.listdir(self.cache))]
        programs = [os.path.join(folder, "usr/bin") for folder in unpacked]
        libraries = glob.glob(os.path.join(self.cache, "lib*", "**", "lib", "*-linux-gnu"), recursive=True)
        environment["PATH"] = os.pathsep.join([environment.get("PATH", "")] + [p for p in programs if os.path.isdir(p)])
        if libraries:
            environment["LD_LIBRARY_PATH"] = os.pathsep.join(sorted(libraries))
        return environment

    def _libraries_for(self, package):
        """What a program needs beyond the libraries that every Debian system has."""
        for library in {"grub-common": ["libdevmapper1.02.1", "libefivar1", "libefiboot1"],
                        "xorriso": ["libisoburn1", "libisofs6", "libburn4", "libjte2", "libreadline8"]}.get(package, []):
            file = library.rstrip("0123456789.")
            if not glob.glob("/lib/*-linux-gnu/%s.so*" % file) + glob.glob("/usr/lib/*-linux-gnu/%s.so*" % file):
                self.folder(library)

    def _run(self, architecture, command, what, folder=None):
        """One apt command: with the machine's own package lists if they serve, else with an apt of our own."""
        environment = dict(os.environ, LC_ALL="C")
        command = command[:1] + ["-o", "APT::Sandbox::User=root"] + command[1:]
        if architecture == self._own_architecture():
            try:
                return self._call(command, what, folder, environment)
            except Unavailable:
                pass                                # lists missing or old
        complete = os.path.join(self.cache, "apt-" + architecture, "complete")
        if os.path.exists(complete):
            try:
                return self._call(command, what, folder, dict(environment, APT_CONFIG=self._apt_of_our_own(architecture)))
            except Unavailable:
                os.remove(complete)                 # lists from another day: fetch them anew
        environment["APT_CONFIG"] = self._apt_of_our_own(architecture)
        try:
            return self._call(command, what, folder, environment)
        except Unavailable as reason:
            why = self.lists_incomplete.get(architecture)
            raise (Unavailable("%s (%s)" % (reason, why)) if why else reason) from None

    def _own_architecture(self):
        return self._call(["dpkg", "--print-architecture"], "the machine's architecture").strip()

    def _apt_of_our_own(self, architecture):
        """The configuration of an apt for one architecture, with its package lists fetched."""
        home = os.path.join(self.cache, "apt-" + architecture)
        configuration = os.path.join(home, "apt.conf")
        if os.path.exists(os.path.join(home, "complete")) or architecture in self.lists_incomplete:
            return configuration
        sources = [path for path in ["/etc/apt/sources.list"] + sorted(glob.glob("/etc/apt/sources.list.d/*"))
                   if path.endswith((".list", ".sources")) and self._is_debian(path)]
        if not sources:
            raise Unavailable("this machine has no Debian package sources in /etc/apt; the guests are made from Debian packages")
        shutil.rmtree(home, ignore_errors=True)
        for part in ("lists/partial", "cache/archives/partial", "sources"):
            os.makedirs(os.path.join(home, part))
        for path in sources:
            shutil.copy(path, os.path.join(home, "sources"))
        open(os.path.join(home, "status"), "w").close()
        settings = {
            "APT::Architecture": architecture, "APT::Architectures": architecture, "APT::Sandbox::User": "root",
            "Dir::State::Lists": home + "/lists", "Dir::State::status": home + "/status", "Dir::Cache": home + "/cache",
            "Dir::Etc::sourceparts": home + "/sources", "Dir::Etc::sourcelist": "-",
        }
        with open(configuration, "w") as f:
            f.writelines('%s "%s";\n' % item for item in settings.items())
        try:
            self._call(["apt-get", "-o", "APT::Update::Error-Mode=any", "update", "-qq"], "the package lists for " + architecture,
                       environment=dict(os.environ, LC_ALL="C", APT_CONFIG=configuration))
            open(os.path.join(home, "complete"), "w").close()
        except Unavailable as reason:               # one source of several may be down: what is asked for may still be had
            self.lists_incomplete[architecture] = str(reason)
        return configuration

    @staticmethod
    def _is_debian(path):
        try:
            with open(path) as f:
                text = f.read()
        except OSError:
            return False
        return "debian-archive" in text or "/debian" in text

    @staticmethod
    def _call(command, what, folder=None, environment=None):
        try:
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900)
        except FileNotFoundError:
            raise Unavailable("%s is not there; it is needed for %s" % (command[0], what)) from None
        except subprocess.TimeoutExpired:
            raise Unavailable("%s gave no answer in 15 minutes, asked for %s" % (command[0], what)) from None
        if done.returncode != 0:
            lines = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()
            errors = [line for line in lines if line.startswith("E: ")] or lines
            raise Unavailable("cannot get %s: %s" % (what, errors[0]))
        return done.stdout
