namespace MirrorTools.Agent.Logging;

/// <summary>Appends lines to a file, and begins a new one when it is full; the oldest are removed. A disk that is full costs lines, never the agent.</summary>
internal sealed class RotatingFile : IDisposable
{
    private readonly Lock _gate = new();
    private readonly string _directory;
    private readonly string _name;
    private readonly long _maxFileBytes;
    private readonly int _keptFiles;
    private FileStream? _stream;

    public RotatingFile(string directory, string name, long maxFileBytes, int keptFiles)
    {
        (_directory, _name, _maxFileBytes, _keptFiles) = (directory, name, maxFileBytes, keptFiles);
        Hosting.StateDirectory.CreatePrivate(directory);
    }

    public void WriteLine(ReadOnlySpan<byte> line)
    {
        lock (_gate)
        {
            try
            {
                _stream ??= Open();
                if (_stream.Length + line.Length + 1 > _maxFileBytes && _stream.Length > 0)
                {
                    Rotate();
                }

                _stream.Write(line);
                _stream.WriteByte((byte)'\n');
                _stream.Flush();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // There is no better place to complain; the next line tries again.
                Console.Error.WriteLine($"mirror-agent: the log in '{_directory}' can't be written: {error.Message}");
                _stream?.Dispose();
                _stream = null;
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stream?.Dispose();
            _stream = null;
        }
    }

    private string PathOf(int age) => Path.Combine(_directory, age == 0 ? $"{_name}.log" : $"{_name}.{age}.log");

    private FileStream Open() => new(PathOf(0), FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);

    private void Rotate()
    {
        _stream!.Dispose();
        _stream = null;
        File.Delete(PathOf(_keptFiles));
        for (var age = _keptFiles - 1; age >= 0; age--)
        {
            if (File.Exists(PathOf(age)))
            {
                File.Move(PathOf(age), PathOf(age + 1));
            }
        }

        _stream = Open();
    }
}
