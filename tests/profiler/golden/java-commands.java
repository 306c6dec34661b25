import java.util.List;

class Commands {
    void run(String file, String given) throws Exception {
        new ProcessBuilder("git", "log").start();
        new ProcessBuilder(List.of("tar", "xf", file)).inheritIO().start();
        Runtime.getRuntime().exec("convert " + file);
        Runtime.getRuntime().exec(new String[] {"sh", "-c", "jq . | bc"});
        String[] command = {"ffmpeg", "-i", file};
        new ProcessBuilder(command).start();
        new ProcessBuilder(given);
        builder.command("pandoc", "-o", file);
        statement.exec("not-a-command");
        other.command(given);
    }
}
