using System.Globalization;

namespace MirrorTools.Agent.Events;

/// <summary>The files of the event log, each named after its first event. Appends to the newest, drops the oldest, and cuts a torn last line off when it is opened.</summary>
internal sealed class EventFiles : IDisposable
{
    private const string Suffix = ".events";
    private readonly string _directory;
    private readonly long _maxFileBytes;
    private readonly int _keptFiles;
    private FileStream? _newest;

    public EventFiles(string directory, long maxFileBytes, int keptFiles)
    {
        (_directory, _maxFileBytes, _keptFiles) = (directory, maxFileBytes, keptFiles);
        Hosting.StateDirectory.CreatePrivate(directory);
        OldestId = NewestId = 0;
        foreach (var (first, path) in List())
        {
            OldestId = OldestId == 0 ? first : OldestId;
            NewestId = Math.Max(NewestId, first - 1);
            var records = Read(path, out var damaged, out _);
            NewestId = records.Count == 0 ? NewestId : Math.Max(NewestId, records[^1].Id);
            DamagedLines += damaged;
        }

        CutTornTail();
    }

    /// <summary>The first event that is kept; 0 where there is none.</summary>
    public long OldestId { get; private set; }

    /// <summary>The last event; 0 where there is none.</summary>
    public long NewestId { get; private set; }

    /// <summary>How many lines could not be read when it was opened.</summary>
    public int DamagedLines { get; }

    public void Append(EventRecord record, bool isDurable)
    {
        var line = EventLine.Write(record);
        if (line.Length > EventLine.MaxBytes)
        {
            throw new ArgumentException($"An event of {line.Length} bytes is too large.", nameof(record));
        }

        if (_newest is null || _newest.Length + line.Length > _maxFileBytes)
        {
            Begin(record.Id);
        }

        _newest!.Write(line);
        _newest.Flush(flushToDisk: isDurable);
        NewestId = record.Id;
        OldestId = OldestId == 0 ? record.Id : OldestId;
    }

    /// <summary>Up to <paramref name="take"/> events after an id, by rising id.</summary>
    public List<EventRecord> ReadAfter(long after, int take)
    {
        var files = List();
        List<EventRecord> found = [];
        for (var i = 0; i < files.Count && found.Count < take; i++)
        {
            if (i + 1 < files.Count && files[i + 1].FirstId <= after + 1)
            {
                continue;
            }

            found.AddRange(Read(files[i].Path, out _, out _).Where(record => record.Id > after).Take(take - found.Count));
        }

        return found;
    }

    public void Dispose() => _newest?.Dispose();

    private static List<EventRecord> Read(string path, out int damagedLines, out long soundBytes)
    {
        List<EventRecord> records = [];
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        damagedLines = 0;
        soundBytes = 0;
        for (var start = 0; start < bytes.Length;)
        {
            var length = bytes.AsSpan(start).IndexOf((byte)'\n');
            if (length < 0)
            {
                break;
            }

            if (EventLine.TryRead(bytes.AsSpan(start, length)) is { } record)
            {
                records.Add(record);
            }
            else
            {
                damagedLines++;
            }

            start += length + 1;
            soundBytes = start;
        }

        return records;
    }

    private void CutTornTail()
    {
        if (List() is not [.., var last])
        {
            return;
        }

        _ = Read(last.Path, out _, out var soundBytes);
        _newest = OpenForAppend(last.Path);
        _newest.SetLength(soundBytes);
        _newest.Seek(0, SeekOrigin.End);
    }

    private void Begin(long firstId)
    {
        _newest?.Dispose();
        _newest = OpenForAppend(Path.Combine(_directory, firstId.ToString("d20", CultureInfo.InvariantCulture) + Suffix));
        Storage.DurableDirectory.FlushEntry(_newest.Name);
        var files = List();
        for (var i = 0; i < files.Count - _keptFiles; i++)
        {
            File.Delete(files[i].Path);
            OldestId = files[i + 1].FirstId;
        }
    }

    private static FileStream OpenForAppend(string path) =>
        new(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    private List<(long FirstId, string Path)> List() => Directory.EnumerateFiles(_directory, "*" + Suffix)
        .Select(path => (long.TryParse(Path.GetFileNameWithoutExtension(path), out var id) ? id : -1, path))
        .Where(file => file.Item1 > 0)
        .OrderBy(file => file.Item1)
        .ToList();
}
