using System.Globalization;
using MirrorTools.Benchmarks.Pairs;

string what = args.FirstOrDefault() ?? "help";
string parent = args.ElementAtOrDefault(1) ?? Path.GetTempPath();
switch (what)
{
    case "host":
        await HostBenchmark.RunAsync(int.Parse(args.ElementAtOrDefault(1) ?? "5", CultureInfo.InvariantCulture), CancellationToken.None);
        return 0;
    case "scattered":
        await CycleBenchmark.ScatteredAsync(parent, CancellationToken.None);
        return 0;
    case "idle":
        await CycleBenchmark.IdleAsync(parent, long.Parse(args.ElementAtOrDefault(2) ?? "8", CultureInfo.InvariantCulture), CancellationToken.None);
        return 0;
    case "initial":
        await CycleBenchmark.InitialAsync(parent, CancellationToken.None);
        return 0;
    case "serve-plain":
        return await PlainServer.ServeAsync(args[1], args[2]);
    default:
        Console.Error.WriteLine("host [SECONDS] | scattered [DIR] | idle [DIR] [TIB] | initial [DIR]");
        return 2;
}
