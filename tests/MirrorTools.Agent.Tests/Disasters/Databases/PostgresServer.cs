using System.Diagnostics;
using System.Text;
using MirrorTools.Agent.Tests.Rigs;

namespace MirrorTools.Agent.Tests.Disasters.Databases;

/// <summary>A PostgreSQL server with its data and its write-ahead log on two different file systems, run as the system's own database user.</summary>
internal sealed class PostgresServer : IDisposable
{
    private const string User = "postgres";

    // It replays its log, and syncs every file before.
    private static readonly TimeSpan s_readyDeadline = TimeSpan.FromMinutes(3);

    private static readonly string? s_programs = Directory.Exists("/usr/lib/postgresql")
        ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")).Where(bin => File.Exists(Path.Combine(bin, "initdb"))).Max()
        : null;

    private readonly string _data;
    private readonly string _socketDirectory;
    private BackgroundCommand? _server;

    private PostgresServer(string data, string socketDirectory) => (_data, _socketDirectory) = (data, socketDirectory);

    /// <summary>Why it can't be had here; null where it can.</summary>
    public static string? MissingReason => MountedExport.MissingReason ?? (s_programs is null ? "PostgreSQL is not installed" : null);

    /// <summary>Makes a new, empty database cluster and starts it.</summary>
    public static PostgresServer Create(string dataMount, string walMount, string socketDirectory)
    {
        PostgresServer server = Over(dataMount, socketDirectory);
        Command.Run("chown", User, dataMount, walMount);
        server.Run("initdb", "-D", server._data, "-X", Path.Combine(walMount, "wal"), "-A", "trust", "--data-checksums", "--wal-segsize=1");
        server.Configure(
            "listen_addresses = ''\nmin_wal_size = 4MB\nmax_wal_size = 16MB\nshared_buffers = 16MB\nmax_connections = 20\nlogging_collector = off\n");
        server.Start();
        return server;
    }

    /// <summary>Starts the cluster that is there, which recovers by itself from whatever stopped it.</summary>
    public static PostgresServer Open(string dataMount, string walMount, string socketDirectory)
    {
        PostgresServer server = Over(dataMount, socketDirectory);

        // The log lies where it is mounted now.
        Command.Run("ln", "-sfn", Path.Combine(walMount, "wal"), Path.Combine(server._data, "pg_wal"));
        File.Delete(Path.Combine(server._data, "postmaster.pid"));
        server.Start();
        return server;
    }

    /// <summary>A program of PostgreSQL's as the database user; fails the test where it exits with anything but 0.</summary>
    public string Run(string program, params string[] arguments) => Command.Run("runuser", AsUser(program, arguments));

    /// <summary>The same, beside the test.</summary>
    public BackgroundCommand Begin(string program, params string[] arguments) => BackgroundCommand.Start("runuser", AsUser(program, arguments));

    /// <summary>What a query answers, a line a row.</summary>
    public string[] Query(string sql) =>
        Run("psql", "-h", _socketDirectory, "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", sql, User).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>A session that takes one statement after another.</summary>
    public Process OpenSession()
    {
        ProcessStartInfo start = new("runuser", AsUser("psql", "-h", _socketDirectory, "-qAtX", User))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }

    /// <summary>Where clients find it.</summary>
    public string SocketDirectory => _socketDirectory;

    /// <summary>Kills it and everything it started.</summary>
    public void Dispose()
    {
        Command.TryRun("pkill", "-9", "-f", _data);
        _server?.Dispose();
    }

    // Synced, as a database's own files are: what a kill finds in the system's cache alone is nobody's promise.
    private void Configure(string lines)
    {
        using FileStream file = new(Path.Combine(_data, "postgresql.conf"), FileMode.Append);
        file.Write(Encoding.ASCII.GetBytes(lines));
        file.Flush(flushToDisk: true);
    }

    private static PostgresServer Over(string dataMount, string socketDirectory)
    {
        Directory.CreateDirectory(socketDirectory);
        Command.Run("chown", User, socketDirectory);
        return new PostgresServer(Path.Combine(dataMount, "pg"), socketDirectory);
    }

    private static string[] AsUser(string program, params string[] arguments) => ["-u", User, "--", Path.Combine(s_programs!, program), .. arguments];

    private void Start()
    {
        _server = BackgroundCommand.Start("runuser", AsUser("postgres", "-D", _data, "-k", _socketDirectory));
        long began = Environment.TickCount64;
        while (Command.TryRun("runuser", AsUser("pg_isready", "-h", _socketDirectory)).ExitCode != 0)
        {
            Assert.False(_server.WaitForExit(TimeSpan.FromMilliseconds(100)), $"PostgreSQL has ended: {_server.Output}");
            Assert.True(Environment.TickCount64 - began < s_readyDeadline.TotalMilliseconds, $"PostgreSQL is not ready after {s_readyDeadline}: {_server.Output}");
        }

    }
}
